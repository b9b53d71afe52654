// The main thread has ended with pthread_exit; another thread reads a pipe of its own process.
//
// hangs: the process looks like a zombie (its leader is one), but a thread of it waits.
// fixed: the write end is closed.
//
// verdict: deadlock
// kind: leaked-write-end
// blocked: parent read 3
// fix: parent 4 write
#include "museum.h"
#include <pthread.h>

static int a[2];

static void *reader(void *unused) {
    drain(a[0]);
    return unused;
}

int main(void) {
    pthread_t thread;
    must(pipe(a));
    zero(pthread_create(&thread, NULL, reader, NULL));
#ifdef FIXED
    must(close(a[1]));
#endif
    pthread_exit(NULL);
}
