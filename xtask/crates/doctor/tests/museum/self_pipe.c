// A process waits for Ctrl-C: the handler writes to a pipe that the process reads (the self-pipe).
//
// hangs: for as long as nobody presses it.
//
// verdict: deadline
// blocked: parent read 3
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
    must(sigaction(SIGINT, &action, NULL));
    must(read(a[0], &byte, 1));
}
