// Two processes, two FIFOs: one opens a to write and then b to read, the other b to write and then
// a to read.
//
// hangs: open waits for whoever opens the other end (fifo(7)), and both have begun with another one.
// fixed: both open a first.
//
// place: private
// verdict: deadlock
// kind: fifo-order
// blocked: parent open
// blocked: child-1 open
// fix: none
// says: order
#include "museum.h"

int main(void) {
    hide();
    must(mkfifo("a", 0600));
    must(mkfifo("b", 0600));
    if (must(fork()) == 0) {
        int out = must(open("a", O_WRONLY));
        int in = must(open("b", O_RDONLY));
        must(close(out));
        drain(in);
        _exit(0);
    }
#ifdef FIXED
    int in = must(open("a", O_RDONLY));
    int out = must(open("b", O_WRONLY));
#else
    int out = must(open("b", O_WRONLY));
    int in = must(open("a", O_RDONLY));
#endif
    must(close(out));
    drain(in);
    reap(1);
}
