// The self-pipe trick, and a child that waits for its parent: in a pipe whose write end the parent
// has.
//
// hangs: the child never ends, so the handler never writes. With the parent's end closed all go on.
// fixed: the parent closes it before it waits.
//
// verdict: deadlock | deadline
// blocked: parent read 3
// blocked: child-1 read 5
// fix: any
#include "museum.h"

static int a[2];

static void on_child(int signal) {
    (void)signal;
    must(write(a[1], "x", 1));
}

int main(void) {
    int b[2];
    char byte;
    must(pipe(a));
    must(pipe(b));
    struct sigaction action = { .sa_handler = on_child, .sa_flags = SA_RESTART };
    must(sigaction(SIGCHLD, &action, NULL));
    if (must(fork()) == 0) {
        must(close(b[1]));
        drain(b[0]);
        _exit(0);
    }
#ifdef FIXED
    must(close(b[1]));
#endif
    must(read(a[0], &byte, 1));
    reap(1);
}
