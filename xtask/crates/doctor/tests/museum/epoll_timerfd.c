// An event loop: one epoll set with a timer and a pipe to which nobody writes.
//
// verdict: finished
// twin: none
#include "museum.h"
#include <sys/epoll.h>
#include <sys/timerfd.h>

int main(void) {
    int a[2];
    must(pipe(a));
    int timer = must(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC));
    struct itimerspec time = { .it_value = { 1, 0 } };
    must(timerfd_settime(timer, 0, &time, NULL));
    int epoll = must(epoll_create1(0));
    struct epoll_event event = { .events = EPOLLIN };
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, a[0], &event));
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event));
    must(epoll_wait(epoll, &event, 1, -1));
}
