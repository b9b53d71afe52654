// A process reads its own pipe. The handler of an alarm closes the write end after a second.
//
// verdict: finished
// twin: none
#include "museum.h"

static int a[2];

static void on_alarm(int signal) {
    (void)signal;
    close(a[1]);
}

int main(void) {
    must(pipe(a));
    struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
    must(sigaction(SIGALRM, &action, NULL));
    alarm(1);
    drain(a[0]);
}
