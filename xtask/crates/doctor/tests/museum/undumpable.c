// A process that nobody but root may look at (PR_SET_DUMPABLE) reads its own pipe.
//
// hangs: as a leak does. Whoever is not root cannot know.
// fixed: the write end is closed.
//
// verdict: deadlock
// kind: leaked-write-end
// ordinary: unknown
// blocked: parent read|hidden 3
// fix: parent 4 write
#include "museum.h"
#include <sys/prctl.h>

int main(void) {
    int a[2];
    must(pipe(a));
    must(prctl(PR_SET_DUMPABLE, 0));
#ifdef FIXED
    must(close(a[1]));
#endif
    drain(a[0]);
}
