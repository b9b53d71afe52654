// A child is traced and stopped before it writes; its tracer, the parent, reads the pipe.
//
// hangs: the tracer waits for bytes instead of letting its child go on.
// fixed: it lets it go on first.
//
// verdict: deadline | unknown
// blocked: parent read 3
// blocked: child-1 traced
#include "museum.h"
#include <sys/ptrace.h>

int main(void) {
    int a[2];
    must(pipe(a));
    pid_t child = must(fork());
    if (child == 0) {
        must(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
        must(raise(SIGSTOP));
        fill(a[1], 1);
        _exit(0);
    }
    must(close(a[1]));
    must(waitpid(child, NULL, 0));
#ifdef FIXED
    must(ptrace(PTRACE_DETACH, child, NULL, NULL));
#endif
    drain(a[0]);
    reap(1);
}
