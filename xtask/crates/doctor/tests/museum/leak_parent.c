// A parent waits for the child that reads its pipe, and has not closed the write end.
//
// hangs: the child waits for more or for end-of-file, the parent for the child.
// fixed: the parent closes its write end before it waits.
//
// verdict: deadlock
// kind: leaked-write-end
// blocked: parent wait
// blocked: child-1 read 3
// fix: parent 4 write
#include "museum.h"

int main(void) {
    int a[2];
    must(pipe(a));
    if (must(fork()) == 0) {
        must(close(a[1]));
        drain(a[0]);
        _exit(0);
    }
    must(close(a[0]));
    fill(a[1], 100);
#ifdef FIXED
    must(close(a[1]));
#endif
    reap(1);
}
