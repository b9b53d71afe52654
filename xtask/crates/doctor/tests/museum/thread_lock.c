// A thread reads from a pipe with a lock in its hand; the thread that writes needs the lock first.
//
// hangs: the reader waits for a byte, the writer for the lock.
// fixed: the reader takes the lock when it has the byte.
//
// verdict: deadlock
// blocked: parent futex
// blocked: parent read 3
// fix: any
#include "museum.h"
#include <pthread.h>
#include <semaphore.h>

static int a[2];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static sem_t begun;

static void *reader(void *unused) {
    char byte;
#ifdef FIXED
    must(sem_post(&begun));
    must(read(a[0], &byte, 1));
    zero(pthread_mutex_lock(&lock));
#else
    zero(pthread_mutex_lock(&lock));
    must(sem_post(&begun));
    must(read(a[0], &byte, 1));
#endif
    zero(pthread_mutex_unlock(&lock));
    return unused;
}

int main(void) {
    pthread_t thread;
    must(pipe(a));
    must(sem_init(&begun, 0, 0));
    zero(pthread_create(&thread, NULL, reader, NULL));
    must(sem_wait(&begun));
    zero(pthread_mutex_lock(&lock));
    must(write(a[1], "x", 1));
    zero(pthread_mutex_unlock(&lock));
    zero(pthread_join(thread, NULL));
}
