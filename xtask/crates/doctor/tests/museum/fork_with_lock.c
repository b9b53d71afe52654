// A fork while another thread has a lock: the child has the lock in its copy of the memory, and not the
// thread that would unlock it.
//
// hangs: the child waits for the lock, the parent for the child. The thread has long unlocked its own.
// fixed: the parent takes the lock before it forks.
//
// verdict: deadlock
// kind: lock-after-fork | lock
// blocked: parent wait
// blocked: child-1 futex
// fix: none
#include "museum.h"
#include <pthread.h>
#include <semaphore.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t locked, forked;

static void *holder(void *unused) {
    zero(pthread_mutex_lock(&lock));
    must(sem_post(&locked));
    must(sem_wait(&forked));
    zero(pthread_mutex_unlock(&lock));
    return unused;
}

int main(void) {
    pthread_t thread;
    must(sem_init(&locked, 0, 0));
    must(sem_init(&forked, 0, 0));
    zero(pthread_create(&thread, NULL, holder, NULL));
    must(sem_wait(&locked));
#ifdef FIXED
    must(sem_post(&forked));
    zero(pthread_mutex_lock(&lock));
#endif
    if (must(fork()) == 0) {
#ifdef FIXED
        zero(pthread_mutex_unlock(&lock));
#endif
        zero(pthread_mutex_lock(&lock));
        _exit(0);
    }
#ifdef FIXED
    zero(pthread_mutex_unlock(&lock));
#else
    must(sem_post(&forked));
#endif
    zero(pthread_join(thread, NULL));
    reap(1);
}
