// A helper of a helper has inherited both ends of a pipe that it knows nothing of.
//
// hangs: child-1 waits for the end of A. The only write end is in child-2.1, which waits for B, on
//   which child-1 would report when A has ended.
// fixed: child-2 closes A before it starts a helper of its own, so that there is nothing to inherit.
//
// verdict: deadlock
// kind: leaked-write-end
// blocked: parent wait
// blocked: child-1 read 3
// blocked: child-2 wait
// blocked: child-2.1 read 5
// fix: child-2.1 4 write
#include "museum.h"

int main(void) {
    int a[2], b[2];
    must(pipe(a));
    must(pipe(b));
    if (must(fork()) == 0) {
        must(close(a[1]));
        must(close(b[0]));
        drain(a[0]);
        fill(b[1], 1);
        _exit(0);
    }
    if (must(fork()) == 0) {
        must(close(b[1]));
#ifdef FIXED
        must(close(a[0]));
        must(close(a[1]));
#endif
        if (must(fork()) == 0) {
            drain(b[0]);
            _exit(0);
        }
        must(close(b[0]));
#ifndef FIXED
        must(close(a[0]));
        must(close(a[1]));
#endif
        reap(1);
        _exit(0);
    }
    must(close(a[0]));
    must(close(a[1]));
    must(close(b[0]));
    must(close(b[1]));
    reap(2);
}
