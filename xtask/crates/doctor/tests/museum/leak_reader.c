// A child reads a pipe to its end and has kept the write end that fork gave it.
//
// hangs: the reader itself could still write, so no end-of-file comes; the parent waits for it.
// fixed: the child closes its write end before it reads.
//
// verdict: deadlock
// kind: leaked-write-end
// blocked: parent wait
// blocked: child-1 read 3
// fix: child-1 4 write
#include "museum.h"

int main(void) {
    int a[2];
    must(pipe(a));
    if (must(fork()) == 0) {
#ifdef FIXED
        must(close(a[1]));
#endif
        drain(a[0]);
        _exit(0);
    }
    fill(a[1], 100);
    must(close(a[0]));
    must(close(a[1]));
    reap(1);
}
