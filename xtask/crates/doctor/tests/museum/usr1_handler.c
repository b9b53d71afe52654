// A process reads its own pipe; the handler of SIGUSR1 would write to it. Anybody may send it.
//
// hangs: for as long as nobody does.
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
    must(sigaction(SIGUSR1, &action, NULL));
    must(read(a[0], &byte, 1));
}
