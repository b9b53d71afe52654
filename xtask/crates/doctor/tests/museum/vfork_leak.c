// vfork and exec without O_CLOEXEC: the command has the write end of its own input.
//
// hangs: cat waits for an end-of-file that it withholds from itself.
// fixed: the descriptors are close-on-exec.
//
// verdict: deadlock
// kind: leaked-write-end
// blocked: parent wait
// blocked: child-1 read 0
// fix: child-1 4 write
#include "museum.h"

int main(void) {
    int a[2];
    must(pipe(a));
#ifdef FIXED
    must(fcntl(a[0], F_SETFD, FD_CLOEXEC));
    must(fcntl(a[1], F_SETFD, FD_CLOEXEC));
#endif
    pid_t child = must(vfork());
    if (child == 0) {
        dup2(a[0], 0);
        execlp("cat", "cat", NULL);
        _exit(BROKEN);
    }
    must(close(a[0]));
    must(close(a[1]));
    reap(1);
}
