// A handler of SIGVTALRM or SIGALRM writes what the process waits for: after a second of setitimer.
//
// verdict: finished
// twin: none
#include "museum.h"
#include <sys/time.h>

static int a[2];

static void on_alarm(int signal) {
    (void)signal;
    must(write(a[1], "x", 1));
}

int main(void) {
    char byte;
    must(pipe(a));
    struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
    must(sigaction(SIGALRM, &action, NULL));
    struct itimerval time = { .it_value = { 1, 0 } };
    must(setitimer(ITIMER_REAL, &time, NULL));
    must(read(a[0], &byte, 1));
}
