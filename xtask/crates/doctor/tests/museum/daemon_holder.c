// A daemon (fork twice, setsid) has taken both ends of its starter's pipe with it, and waits for its
// starter on another one.
//
// hangs: the starter waits for the end of A, the daemon for the end of B.
// fixed: the daemon closes what it does not need, as daemons do.
//
// verdict: deadlock
// kind: leaked-write-end
// blocked: parent read 3
// blocked: orphan read 5
// fix: orphan 4 write
#include "museum.h"

int main(void) {
    int a[2], b[2];
    must(pipe(a));
    must(pipe(b));
    if (must(fork()) == 0) {
        must(setsid());
        if (must(fork()) > 0)
            _exit(0);
        must(close(b[1]));
#ifdef FIXED
        must(close(a[0]));
        must(close(a[1]));
#endif
        drain(b[0]);
        _exit(0);
    }
    reap(1);
    must(close(a[1]));
    must(close(b[0]));
    drain(a[0]);
}
