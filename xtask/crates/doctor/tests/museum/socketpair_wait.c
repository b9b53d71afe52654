// Two processes wait for each other's first word on a pair of sockets.
//
// hangs: in read on a socket; who has the other end of a socket is not resolved.
// fixed: the parent sends first.
//
// verdict: deadline | unknown
// blocked: parent read 3
// blocked: child-1 read 4
#include "museum.h"
#include <sys/socket.h>

int main(void) {
    int ends[2];
    char word;
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    if (must(fork()) == 0) {
        must(close(ends[0]));
        while (must(read(ends[1], &word, 1)) > 0)
            must(write(ends[1], &word, 1));
        _exit(0);
    }
    must(close(ends[1]));
#ifdef FIXED
    must(write(ends[0], "?", 1));
#endif
    must(read(ends[0], &word, 1));
    must(close(ends[0]));
    reap(1);
}
