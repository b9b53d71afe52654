// Two commands after each other, each with its output and its complaints on a pipe of its own; the
// first has ended and was not waited for yet.
//
// hangs: the second waits for room for its complaints, and the parent for its output. That another
//   child has ended says nothing about who was to read the complaints: the parent was.
// fixed: the complaints are read first, of which there are more.
//
// verdict: deadlock
// kind: other-pipe-full
// blocked: parent read 3
// blocked: child-1 write 6
// fix: none
#include "museum.h"

int main(void) {
    int first[2], out[2], complaints[2];
    must(pipe(first));
    if (must(fork()) == 0) {
        fill(first[1], 10);
        _exit(0);
    }
    must(close(first[1]));
    drain(first[0]);
    must(close(first[0]));
    must(pipe(out));
    must(pipe(complaints));
    if (must(fork()) == 0) {
        must(close(out[0]));
        must(close(complaints[0]));
        fill(complaints[1], 200000);
        fill(out[1], 10);
        _exit(0);
    }
    must(close(out[1]));
    must(close(complaints[1]));
#ifdef FIXED
    drain(complaints[0]);
    drain(out[0]);
#else
    drain(out[0]);
    drain(complaints[0]);
#endif
    reap(2);
}
