// A parent waits for its child to end and only then reads what it has written: one byte more than
// fits.
//
// hangs: the child cannot end before the pipe is read, the parent does not read before it has ended.
// fixed: read first, then wait.
//
// verdict: deadlock
// kind: wait-before-read
// blocked: parent wait
// blocked: child-1 write 4
// fix: none
// says: read
#include "museum.h"

int main(void) {
    int a[2];
    must(pipe(a));
    if (must(fork()) == 0) {
        must(close(a[0]));
        fill(a[1], must(fcntl(a[1], F_GETPIPE_SZ)) + 1);
        _exit(0);
    }
    must(close(a[1]));
#ifdef FIXED
    drain(a[0]);
#endif
    reap(1);
    drain(a[0]);
}
