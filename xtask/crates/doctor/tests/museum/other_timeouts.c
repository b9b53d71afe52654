// The rarer calls with a timeout, 250 ms each: ppoll, pselect, epoll_pwait2, sem_timedwait, a lock with
// priority inheritance, sigtimedwait.
//
// verdict: finished
// twin: none
#include "museum.h"
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <time.h>

static const struct timespec quarter = { 0, 250000000 };

static struct timespec soon(clockid_t clock) {
    struct timespec now;
    must(clock_gettime(clock, &now));
    now.tv_nsec += quarter.tv_nsec;
    if (now.tv_nsec >= 1000000000) {
        now.tv_sec++;
        now.tv_nsec -= 1000000000;
    }
    return now;
}

static void *waits_for_lock(void *lock) {
    struct timespec end = soon(CLOCK_REALTIME);
    must(pthread_mutex_timedlock(lock, &end) == ETIMEDOUT ? 0 : -1);
    return NULL;
}

int main(void) {
    int a[2];
    must(pipe(a));
    struct pollfd quiet = { a[0], POLLIN, 0 };
    must(ppoll(&quiet, 1, &quarter, NULL));
    fd_set set;
    FD_ZERO(&set);
    FD_SET(a[0], &set);
    must(pselect(a[0] + 1, &set, NULL, NULL, &quarter, NULL));
#ifdef SYS_epoll_pwait2
    int epoll = must(epoll_create1(0));
    struct epoll_event event = { .events = EPOLLIN };
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, a[0], &event));
    if (syscall(SYS_epoll_pwait2, epoll, &event, 1, &quarter, NULL, 0) == -1)
        must(errno == ENOSYS ? 0 : -1);
#endif
    sem_t never;
    must(sem_init(&never, 0, 0));
    struct timespec end = soon(CLOCK_REALTIME);
    must(sem_timedwait(&never, &end) == -1 && errno == ETIMEDOUT ? 0 : -1);
    pthread_mutexattr_t inherits;
    pthread_mutex_t lock;
    pthread_t thread;
    zero(pthread_mutexattr_init(&inherits));
    zero(pthread_mutexattr_setprotocol(&inherits, PTHREAD_PRIO_INHERIT));
    zero(pthread_mutex_init(&lock, &inherits));
    zero(pthread_mutex_lock(&lock));
    zero(pthread_create(&thread, NULL, waits_for_lock, &lock));
    zero(pthread_join(thread, NULL));
    sigset_t none;
    must(sigemptyset(&none));
    must(sigtimedwait(&none, NULL, &quarter) == -1 && errno == EAGAIN ? 0 : -1);
}
