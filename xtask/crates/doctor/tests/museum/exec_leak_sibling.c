// `cat | cat` built by hand without O_CLOEXEC: the second cat has the write end of the first one's
// input.
//
// hangs: the first cat waits for an end-of-file that the second withholds, which waits for the first.
// fixed: pipe2 with O_CLOEXEC.
//
// verdict: deadlock
// kind: leaked-write-end
// blocked: parent wait
// blocked: child-1 read 0
// blocked: child-2 read 0
// fix: child-2 6 write
#include "museum.h"

int main(void) {
    int a[2], b[2];
    must(pipe2(b, O_CLOEXEC));
#ifdef FIXED
    must(pipe2(a, O_CLOEXEC));
#else
    must(pipe(a));
#endif
    if (must(fork()) == 0) {
        must(dup2(a[0], 0));
        must(dup2(b[1], 1));
        must(fcntl(a[1], F_SETFD, FD_CLOEXEC));
        must(execlp("cat", "cat", NULL));
    }
    if (must(fork()) == 0) {
        must(dup2(b[0], 0));
        must(dup2(must(open("/dev/null", O_WRONLY)), 1));
        must(execlp("cat", "cat", NULL));
    }
    for (int i = 0; i < 2; i++) {
        must(close(a[i]));
        must(close(b[i]));
    }
    reap(2);
}
