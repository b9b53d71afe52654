// A process locks a lock that it has locked already.
//
// hangs: in futex; it has no other thread that could unlock it.
// fixed: it unlocks it in between.
//
// verdict: deadlock
// kind: lock
// blocked: parent futex
// fix: none
#include "museum.h"
#include <pthread.h>

int main(void) {
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    zero(pthread_mutex_lock(&lock));
#ifdef FIXED
    zero(pthread_mutex_unlock(&lock));
#endif
    zero(pthread_mutex_lock(&lock));
}
