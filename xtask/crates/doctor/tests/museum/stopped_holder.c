// The reader waits for a byte from a process that somebody has stopped. It may go on and write.
//
// hangs: for as long as nobody sends SIGCONT.
//
// verdict: deadline
// blocked: parent read 3
// blocked: child-1 stopped
// twin: none
#include "museum.h"

int main(void) {
    int a[2];
    must(pipe(a));
    if (must(fork()) == 0) {
        must(raise(SIGSTOP));
        fill(a[1], 1);
        _exit(0);
    }
    must(close(a[1]));
    drain(a[0]);
    reap(1);
}
