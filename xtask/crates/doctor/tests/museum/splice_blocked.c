// splice from an empty pipe to another, for a process that has the first one's write end itself.
//
// hangs: in splice, as it would in read.
// fixed: it closes the write end; splice returns 0.
//
// verdict: deadlock
// kind: leaked-write-end
// blocked: parent splice
// fix: parent 4 write
#include "museum.h"

int main(void) {
    int a[2], b[2];
    must(pipe(a));
    must(pipe(b));
#ifdef FIXED
    must(close(a[1]));
#endif
    must(splice(a[0], NULL, b[1], NULL, 4096, 0));
}
