// A producer whose consumer has gone, as in `yes | head -1`, has kept the read end of its own pipe.
//
// hangs: the pipe is full and could in theory still be read, by the writer itself. No SIGPIPE.
// fixed: the producer closes its read end, so that SIGPIPE ends it.
//
// verdict: deadlock
// kind: leaked-read-end
// blocked: parent wait
// blocked: child-1 write 4
// fix: child-1 3 read
#include "museum.h"

int main(void) {
    int a[2];
    must(pipe(a));
    if (must(fork()) == 0) {
#ifdef FIXED
        must(close(a[0]));
#endif
        fill(a[1], 1000000);
        _exit(0);
    }
    must(close(a[1]));
    // The consumer: takes its first bytes and is satisfied.
    char bytes[10];
    must(read(a[0], bytes, sizeof bytes));
    must(close(a[0]));
    reap(1);
}
