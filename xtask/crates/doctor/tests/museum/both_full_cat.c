// A filter is fed with all of the input before any of its output is read. The filter is cat.
//
// hangs: cat's output is full, so it stops reading, so its input becomes full.
// fixed: a child of its own writes the input, while the parent reads.
//
// verdict: deadlock
// kind: both-full
// blocked: parent write 4
// blocked: child-1 write 1
// fix: none
// says: full
#include "museum.h"

int main(void) {
    int to[2], from[2];
    must(pipe2(to, O_CLOEXEC));
    must(pipe2(from, O_CLOEXEC));
    if (must(fork()) == 0) {
        must(dup2(to[0], 0));
        must(dup2(from[1], 1));
        must(execlp("cat", "cat", NULL));
    }
    must(close(to[0]));
    must(close(from[1]));
#ifdef FIXED
    if (must(fork()) == 0) {
        fill(to[1], 300000);
        _exit(0);
    }
    must(close(to[1]));
    drain(from[0]);
    reap(2);
#else
    fill(to[1], 300000);
    must(close(to[1]));
    drain(from[0]);
    reap(1);
#endif
}
