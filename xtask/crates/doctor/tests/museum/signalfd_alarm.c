// A blocked alarm arrives through a signalfd: no handler, no timeout, and a pipe that nobody writes to.
//
// verdict: finished
// twin: none
#include "museum.h"
#include <poll.h>
#include <sys/signalfd.h>

int main(void) {
    int a[2];
    sigset_t alarms;
    must(pipe(a));
    must(sigemptyset(&alarms));
    must(sigaddset(&alarms, SIGALRM));
    must(sigprocmask(SIG_BLOCK, &alarms, NULL));
    int signals = must(signalfd(-1, &alarms, SFD_CLOEXEC));
    alarm(1);
    struct pollfd both[] = { { a[0], POLLIN, 0 }, { signals, POLLIN, 0 } };
    must(poll(both, 2, -1));
}
