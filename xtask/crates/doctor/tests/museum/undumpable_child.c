// The parent can be looked at, its child cannot: the child sleeps and then writes. To whoever is not
// root it looks as if only the parent itself had the write end.
//
// verdict: finished
// ordinary: finished
// twin: none
#include "museum.h"
#include <sys/prctl.h>

int main(void) {
    int a[2];
    char byte;
    must(pipe(a));
    if (must(fork()) == 0) {
        must(prctl(PR_SET_DUMPABLE, 0));
        must(sleep(1));
        fill(a[1], 1);
        _exit(0);
    }
    must(read(a[0], &byte, 1));
    reap(1);
}
