// One select and one epoll_wait for a pipe to which nobody writes, with timeouts of 600 ms.
//
// verdict: finished
// twin: none
#include "museum.h"
#include <sys/epoll.h>
#include <sys/select.h>

int main(void) {
    int a[2];
    must(pipe(a));
    fd_set set;
    FD_ZERO(&set);
    FD_SET(a[0], &set);
    struct timeval time = { 0, 600000 };
    must(select(a[0] + 1, &set, NULL, NULL, &time));
    int epoll = must(epoll_create1(0));
    struct epoll_event event = { .events = EPOLLIN };
    must(epoll_ctl(epoll, EPOLL_CTL_ADD, a[0], &event));
    must(epoll_wait(epoll, &event, 1, 600));
}
