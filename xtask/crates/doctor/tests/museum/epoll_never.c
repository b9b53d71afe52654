// A child waits in epoll_wait for a pipe whose write end its parent has kept; the parent waits for it.
//
// hangs: neither a byte nor EPOLLHUP comes.
// fixed: the parent closes its write end.
//
// verdict: deadlock
// kind: leaked-write-end
// blocked: parent wait
// blocked: child-1 epoll_wait
// fix: parent 4 write
#include "museum.h"
#include <sys/epoll.h>

int main(void) {
    int a[2];
    must(pipe(a));
    if (must(fork()) == 0) {
        must(close(a[1]));
        int set = must(epoll_create1(0));
        struct epoll_event event = { .events = EPOLLIN, .data.fd = a[0] };
        must(epoll_ctl(set, EPOLL_CTL_ADD, a[0], &event));
        must(epoll_wait(set, &event, 1, -1));
        _exit(0);
    }
    must(close(a[0]));
#ifdef FIXED
    must(close(a[1]));
#endif
    reap(1);
}
