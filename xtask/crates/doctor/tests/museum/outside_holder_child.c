// A child has standard input, the read end of a pipe that is fed from outside, and passes it on; the
// parent waits for the child.
//
// hangs: until somebody outside writes or closes.
//
// stdin: held
// verdict: deadline
// blocked: parent read 3
// blocked: child-1 poll
// twin: none
#include "museum.h"
#include <poll.h>

int main(void) {
    int a[2];
    must(pipe(a));
    if (must(fork()) == 0) {
        struct pollfd in = { 0, POLLIN, 0 };
        must(poll(&in, 1, -1));
        _exit(0);
    }
    must(close(a[1]));
    drain(a[0]);
    reap(1);
}
