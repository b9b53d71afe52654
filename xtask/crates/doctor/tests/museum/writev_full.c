// writev and readv: the parent writes all of its pieces, the child answers before it has read all.
//
// hangs: both pipes are full.
// fixed: the child reads all of it before it answers.
//
// verdict: deadlock
// kind: both-full
// blocked: parent writev 4
// blocked: child-1 writev 6
// fix: none
// says: full
#include "museum.h"
#include <sys/uio.h>

static char bytes[50000];

static void send_twice(int fd) {
    struct iovec pieces[] = { { bytes, sizeof bytes }, { bytes, sizeof bytes } };
    for (int i = 0; i < 2; i++)
        must(writev(fd, pieces, 2));
}

int main(void) {
    int to[2], from[2];
    must(pipe(to));
    must(pipe(from));
    if (must(fork()) == 0) {
        must(close(to[1]));
        must(close(from[0]));
        struct iovec some[] = { { bytes, 10 }, { bytes + 10, 10 } };
        must(readv(to[0], some, 2));
#ifdef FIXED
        drain(to[0]);
#endif
        send_twice(from[1]);
        must(close(from[1]));
        drain(to[0]);
        _exit(0);
    }
    must(close(to[0]));
    must(close(from[1]));
    send_twice(to[1]);
    must(close(to[1]));
    drain(from[0]);
    reap(1);
}
