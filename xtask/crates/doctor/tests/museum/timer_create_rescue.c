// As alarm_rescue, with a POSIX timer and SIGUSR1.
//
// verdict: finished
// twin: none
#include "museum.h"
#include <time.h>

static int a[2];

static void on_timer(int signal) {
    (void)signal;
    must(write(a[1], "x", 1));
}

int main(void) {
    char byte;
    timer_t timer;
    must(pipe(a));
    struct sigaction action = { .sa_handler = on_timer, .sa_flags = SA_RESTART };
    must(sigaction(SIGUSR1, &action, NULL));
    struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };
    must(timer_create(CLOCK_MONOTONIC, &event, &timer));
    struct itimerspec time = { .it_value = { 1, 0 } };
    must(timer_settime(timer, 0, &time, NULL));
    must(read(a[0], &byte, 1));
}
