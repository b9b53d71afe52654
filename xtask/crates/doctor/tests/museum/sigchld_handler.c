// The self-pipe trick: the handler of SIGCHLD writes to the pipe that the parent reads.
//
// verdict: finished
// twin: none
#include "museum.h"

static int a[2];

static void on_child(int signal) {
    (void)signal;
    must(write(a[1], "x", 1));
}

int main(void) {
    char byte;
    must(pipe(a));
    struct sigaction action = { .sa_handler = on_child, .sa_flags = SA_RESTART };
    must(sigaction(SIGCHLD, &action, NULL));
    if (must(fork()) == 0) {
        must(sleep(1));
        _exit(0);
    }
    must(read(a[0], &byte, 1));
    reap(1);
}
