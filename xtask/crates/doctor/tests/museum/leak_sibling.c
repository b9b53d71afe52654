// A pipeline of two stages, A then B. The second stage has kept both ends of A, which is not its own.
//
// hangs: stage 1 waits for the end of A, which stage 2 withholds; stage 2 waits for the end of B,
//   which comes when stage 1 ends; the parent waits for both.
// fixed: the second stage closes what belongs to the first.
//
// verdict: deadlock
// kind: leaked-write-end
// blocked: parent wait
// blocked: child-1 read 3
// blocked: child-2 read 5
// fix: child-2 4 write
#include "museum.h"

int main(void) {
    int a[2], b[2];
    must(pipe(a));
    must(pipe(b));
    if (must(fork()) == 0) {
        must(close(a[1]));
        must(close(b[0]));
        drain(a[0]);
        fill(b[1], 10);
        _exit(0);
    }
    if (must(fork()) == 0) {
        must(close(b[1]));
#ifdef FIXED
        must(close(a[0]));
        must(close(a[1]));
#endif
        drain(b[0]);
        _exit(0);
    }
    fill(a[1], 100);
    must(close(a[0]));
    must(close(a[1]));
    must(close(b[0]));
    must(close(b[1]));
    reap(2);
}
