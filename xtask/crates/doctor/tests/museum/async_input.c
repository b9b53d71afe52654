// A process reads its own pipe. When something comes on standard input, the kernel sends it a signal
// of its choice (fcntl(2), F_SETSIG), whose handler writes to that pipe.
//
// hangs: until somebody outside writes.
//
// stdin: held
// verdict: deadline
// blocked: parent read 3
// twin: none
#include "museum.h"

static int a[2];

static void on_input(int signal) {
    (void)signal;
    must(write(a[1], "x", 1));
}

int main(void) {
    char byte;
    must(pipe(a));
    struct sigaction action = { .sa_handler = on_input, .sa_flags = SA_RESTART };
    must(sigaction(SIGRTMIN + 1, &action, NULL));
    must(fcntl(0, F_SETOWN, getpid()));
    must(fcntl(0, F_SETSIG, SIGRTMIN + 1));
    must(fcntl(0, F_SETFL, O_ASYNC));
    must(read(a[0], &byte, 1));
}
