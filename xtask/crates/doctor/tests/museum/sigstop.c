// A child has stopped itself; its parent waits for it. Anybody may let it go on.
//
// hangs: for as long as nobody does.
//
// verdict: deadline
// blocked: parent wait
// blocked: child-1 stopped
// twin: none
#include "museum.h"

int main(void) {
    if (must(fork()) == 0) {
        must(raise(SIGSTOP));
        _exit(0);
    }
    reap(1);
}
