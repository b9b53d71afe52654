// A timer stands in an epoll set under a number that is an eventfd now: a copy of the timer keeps it
// in the set (epoll(7)). All that has no inode of its own looks the same.
//
// verdict: finished
// twin: none
#include "museum.h"
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

int main(void) {
    int timer = must(timerfd_create(CLOCK_MONOTONIC, 0));
    struct itimerspec time = { { 0, 0 }, { 1, 0 } };
    must(timerfd_settime(timer, 0, &time, NULL));
    int set = must(epoll_create1(0));
    struct epoll_event event = { .events = EPOLLIN };
    must(epoll_ctl(set, EPOLL_CTL_ADD, timer, &event));
    must(dup(timer));
    must(dup2(must(eventfd(0, 0)), timer));
    must(epoll_wait(set, &event, 1, -1));
}
