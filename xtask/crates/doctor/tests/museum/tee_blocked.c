// tee from a pipe that has something to one that is full; nobody but the process reads that one.
//
// hangs: in tee, for the second pipe.
// fixed: it takes out what is in the second pipe first.
//
// verdict: deadlock
// kind: leaked-read-end
// blocked: parent tee
// fix: parent 5 read
#include "museum.h"

int main(void) {
    int a[2], b[2];
    must(pipe(a));
    must(pipe(b));
    fill(a[1], 4096);
    fill(b[1], must(fcntl(b[1], F_GETPIPE_SZ)));
#ifdef FIXED
    must(close(b[1]));
    b[1] = must(open("/dev/null", O_WRONLY));
    drain(b[0]);
    must(pipe(b));
#endif
    must(tee(a[0], b[1], 4096, 0));
}
