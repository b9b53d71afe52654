// `echo hello | cat | wc` built by hand by someone who has heard of dup2 and not of close: both
// programs have all ends of both pipes.
//
// hangs: echo has ended; cat and wc both withhold end-of-file from cat, and wc from itself as well.
//   With cat freed, wc would wait on.
// fixed: pipe2 with O_CLOEXEC.
//
// verdict: deadlock
// kind: leaked-write-end
// blocked: parent wait
// blocked: child-1 read 0
// blocked: child-2 read 0
// fix: child-1 4 write
// fix: child-2 4 write
// fix: child-2 6 write
#include "museum.h"

static void stage(int in, int out, char *command) {
    if (must(fork()) > 0)
        return;
    if (in >= 0)
        must(dup2(in, 0));
    must(dup2(out, 1));
    execlp(command, command, command[0] == 'e' ? "hello" : NULL, NULL);
    must(-1);
}

int main(void) {
    int a[2], b[2];
#ifdef FIXED
    must(pipe2(a, O_CLOEXEC));
    must(pipe2(b, O_CLOEXEC));
#else
    must(pipe(a));
    must(pipe(b));
#endif
    int nowhere = must(open("/dev/null", O_WRONLY | O_CLOEXEC));
    stage(-1, a[1], "echo");
    // echo has ended, so that the others are the first and the second child.
    reap(1);
    stage(a[0], b[1], "cat");
    stage(b[0], nowhere, "wc");
    must(close(a[0]));
    must(close(a[1]));
    must(close(b[0]));
    must(close(b[1]));
    reap(2);
}
