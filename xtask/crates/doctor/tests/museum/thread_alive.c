// A thread reads a pipe, another sleeps and writes to it later. Slow, and healthy.
//
// verdict: finished
// twin: none
#include "museum.h"
#include <pthread.h>

static int a[2];

static void *reader(void *unused) {
    char byte;
    must(read(a[0], &byte, 1));
    return unused;
}

int main(void) {
    pthread_t thread;
    must(pipe(a));
    zero(pthread_create(&thread, NULL, reader, NULL));
    must(usleep(900000));
    must(write(a[1], "x", 1));
    zero(pthread_join(thread, NULL));
}
