// A process computes for ever; its parent waits for it. Nothing is blocked that could be freed.
//
// verdict: deadline
// blocked: parent wait
// blocked: child-1 runs
// twin: none
#include "museum.h"

int main(void) {
    if (must(fork()) == 0) {
        for (volatile long i = 0;; i++)
            continue;
    }
    reap(1);
}
