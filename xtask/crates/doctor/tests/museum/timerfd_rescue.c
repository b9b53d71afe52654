// A timer as a descriptor: first read directly, then in poll beside a pipe to which nobody writes.
//
// verdict: finished
// twin: none
#include "museum.h"
#include <poll.h>
#include <stdint.h>
#include <sys/timerfd.h>

int main(void) {
    int a[2];
    uint64_t times;
    must(pipe(a));
    int timer = must(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
    struct itimerspec time = { { 0, 600000000 }, { 0, 600000000 } };
    must(timerfd_settime(timer, 0, &time, NULL));
    must(read(timer, &times, sizeof times));
    struct pollfd both[] = { { a[0], POLLIN, 0 }, { timer, POLLIN, 0 } };
    must(poll(both, 2, -1));
}
