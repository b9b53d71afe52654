// A pipe without O_CLOEXEC: the command that reads it as its standard input has the write end too,
// as a descriptor that it does not know of.
//
// hangs: cat waits for an end-of-file that it withholds from itself; the parent waits for cat.
// fixed: pipe2 with O_CLOEXEC.
//
// verdict: deadlock
// kind: leaked-write-end
// blocked: parent wait
// blocked: child-1 read 0
// fix: child-1 4 write
#include "museum.h"

int main(void) {
    int a[2];
#ifdef FIXED
    must(pipe2(a, O_CLOEXEC));
#else
    must(pipe(a));
#endif
    if (must(fork()) == 0) {
        must(dup2(a[0], 0));
        must(execlp("cat", "cat", NULL));
    }
    must(close(a[0]));
    must(close(a[1]));
    reap(1);
}
