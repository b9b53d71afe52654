// A pipe for each worker, made in a loop: the later workers have the write ends of the earlier ones,
// and the parent waits for each before it closes the next one's.
//
// hangs: no worker sees end-of-file. To close only the last pipe ends the last worker, and the parent
//   waits for the next.
// fixed: the parent closes all before it waits.
//
// verdict: deadlock
// kind: leaked-write-end
// blocked: parent wait
// blocked: child-1 read 3
// blocked: child-2 read 3
// blocked: child-3 read 3
// fix: parent 5 write
// fix: parent 6 write
#include "museum.h"

int main(void) {
    int work[3];
    for (int i = 0; i < 3; i++) {
        int a[2];
        must(pipe(a));
        if (must(fork()) == 0) {
            must(close(a[1]));
            drain(a[0]);
            _exit(0);
        }
        must(close(a[0]));
        work[i] = a[1];
    }
    for (int i = 0; i < 3; i++) {
        must(close(work[i]));
#ifndef FIXED
        reap(1);
#endif
    }
#ifdef FIXED
    reap(3);
#endif
}
