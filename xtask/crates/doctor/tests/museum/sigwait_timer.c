// A process waits in sigtimedwait for an alarm that it has blocked: no handler anywhere.
//
// verdict: finished
// twin: none
#include "museum.h"

int main(void) {
    sigset_t alarms;
    must(sigemptyset(&alarms));
    must(sigaddset(&alarms, SIGALRM));
    must(sigprocmask(SIG_BLOCK, &alarms, NULL));
    alarm(1);
    must(sigwaitinfo(&alarms, NULL));
}
