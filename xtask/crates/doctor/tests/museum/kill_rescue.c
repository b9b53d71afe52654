// A process reads its own pipe; its child sleeps for a second and then sends it a signal, whose
// handler writes.
//
// verdict: finished
// twin: none
#include "museum.h"

static int a[2];

static void on_signal(int signal) {
    (void)signal;
    must(write(a[1], "x", 1));
}

int main(void) {
    char byte;
    must(pipe(a));
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
    must(sigaction(SIGUSR1, &action, NULL));
    if (must(fork()) == 0) {
        must(sleep(1));
        must(kill(getppid(), SIGUSR1));
        _exit(0);
    }
    must(read(a[0], &byte, 1));
    reap(1);
}
