// Two threads use one array for their calls of poll. The first waits for a timer; what the second
// puts there for itself says nothing about that.
//
// verdict: finished
// twin: none
#include "museum.h"
#include <poll.h>
#include <pthread.h>
#include <sys/timerfd.h>

static struct pollfd shared;
static int a[2];

static void *second(void *unused) {
    // Until the first waits: nothing can tell it so.
    usleep(200000);
    shared.fd = a[0];
    poll(&shared, 1, -1);
    return unused;
}

int main(void) {
    pthread_t thread;
    must(pipe(a));
    int timer = must(timerfd_create(CLOCK_MONOTONIC, 0));
    struct itimerspec time = { { 0, 0 }, { 1, 0 } };
    must(timerfd_settime(timer, 0, &time, NULL));
    shared = (struct pollfd){ timer, POLLIN, 0 };
    zero(pthread_create(&thread, NULL, second, NULL));
    must(poll(&shared, 1, -1));
}
