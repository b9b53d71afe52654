// A child waits on a condition with a timeout while the parent reads a pipe whose write end the child
// has: when time is up the child ends.
//
// verdict: finished
// twin: none
#include "museum.h"
#include <pthread.h>
#include <time.h>

int main(void) {
    int a[2];
    must(pipe(a));
    if (must(fork()) == 0) {
        pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
        pthread_cond_t never = PTHREAD_COND_INITIALIZER;
        struct timespec end;
        must(clock_gettime(CLOCK_REALTIME, &end));
        end.tv_sec += 1;
        zero(pthread_mutex_lock(&lock));
        must(pthread_cond_timedwait(&never, &lock, &end) == ETIMEDOUT ? 0 : -1);
        _exit(0);
    }
    must(close(a[1]));
    drain(a[0]);
    reap(1);
}
