// A thread with a table of descriptors of its own (unshare(2), CLONE_FILES): its descriptor 3 is
// standard input, while 3 of the process is a pipe that nobody else can write to.
//
// hangs: the thread waits for the outside world, the main thread for the thread. Who looks only at
//   the table of the process takes it for a deadlock.
//
// stdin: held
// verdict: deadline
// blocked: parent futex
// blocked: parent read 3
// twin: none
#include "museum.h"
#include <pthread.h>
#include <sched.h>

static void *reader(void *unused) {
    must(unshare(CLONE_FILES));
    must(dup2(0, 3));
    drain(3);
    return unused;
}

int main(void) {
    int a[2];
    pthread_t thread;
    must(pipe(a));
    zero(pthread_create(&thread, NULL, reader, NULL));
    zero(pthread_join(thread, NULL));
}
