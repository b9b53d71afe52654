// A thread reads a timer, and another puts a pipe under its number (dup2) and reads that one. The
// first still waits for the timer.
//
// verdict: finished
// twin: none
#include "museum.h"
#include <pthread.h>
#include <stdint.h>
#include <sys/timerfd.h>

static int a[2];
static int timer;

static void *second(void *unused) {
    char byte;
    // Until the first waits: nothing can tell it so.
    usleep(200000);
    must(dup2(a[0], timer));
    must(read(timer, &byte, 1));
    return unused;
}

int main(void) {
    pthread_t thread;
    uint64_t times;
    must(pipe(a));
    timer = must(timerfd_create(CLOCK_MONOTONIC, 0));
    struct itimerspec time = { { 0, 0 }, { 1, 0 } };
    must(timerfd_settime(timer, 0, &time, NULL));
    zero(pthread_create(&thread, NULL, second, NULL));
    must(read(timer, &times, sizeof times));
}
