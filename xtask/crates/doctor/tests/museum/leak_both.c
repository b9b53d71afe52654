// Nobody closes anything after fork: the child that reads and the parent that waits for it both
// have the write end.
//
// hangs: either copy alone would withhold end-of-file from the child.
// fixed: both close it. One close is not enough.
//
// verdict: deadlock
// kind: leaked-write-end
// blocked: parent wait
// blocked: child-1 read 3
// fix: parent 4 write
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
#ifdef FIXED
    must(close(a[1]));
#endif
    reap(1);
}
