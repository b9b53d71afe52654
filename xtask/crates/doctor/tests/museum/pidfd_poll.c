// A parent waits in poll for a pidfd: for the end of a child that reads its own pipe.
//
// hangs: as leak_reader does, with another way to wait for the child.
// fixed: the child closes its write end.
//
// verdict: deadlock
// blocked: parent poll
// blocked: child-1 read 3
// fix: child-1 4 write
#include "museum.h"
#include <poll.h>
#include <sys/syscall.h>

int main(void) {
    int a[2];
    must(pipe(a));
    pid_t child = must(fork());
    if (child == 0) {
#ifdef FIXED
        must(close(a[1]));
#endif
        drain(a[0]);
        _exit(0);
    }
    must(close(a[0]));
    must(close(a[1]));
    struct pollfd end = { must(syscall(SYS_pidfd_open, child, 0)), POLLIN, 0 };
    must(poll(&end, 1, -1));
    reap(1);
}
