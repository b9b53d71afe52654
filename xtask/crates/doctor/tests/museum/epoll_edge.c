// An edge-triggered epoll set, and a reader that takes only part of what there is: the rest makes no
// new edge.
//
// hangs: four of eight bytes are still in the pipe and epoll_wait does not say so again. The child
//   sends more only after a reply.
// fixed: it reads until EAGAIN after each edge.
//
// verdict: deadlock | deadline
// blocked: parent epoll_wait
// blocked: child-1 read 5
// fix: none
// says: edge-triggered
#include "museum.h"
#include <sys/epoll.h>

int main(void) {
    int data[2], reply[2];
    must(pipe(data));
    must(pipe(reply));
    if (must(fork()) == 0) {
        char word;
        must(close(data[0]));
        must(close(reply[1]));
        must(write(data[1], "12345678", 8));
        must(read(reply[0], &word, 1));
        _exit(0);
    }
    must(close(data[1]));
    must(close(reply[0]));
    must(fcntl(data[0], F_SETFL, O_NONBLOCK));
    int set = must(epoll_create1(0));
    struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.fd = data[0] };
    must(epoll_ctl(set, EPOLL_CTL_ADD, data[0], &event));
    for (int seen = 0; seen < 8;) {
        char bytes[4];
        must(epoll_wait(set, &event, 1, -1));
        ssize_t count = must(read(data[0], bytes, sizeof bytes));
        seen += count;
#ifdef FIXED
        while ((count = read(data[0], bytes, sizeof bytes)) > 0)
            seen += count;
#endif
    }
    must(write(reply[1], "!", 1));
    reap(1);
}
