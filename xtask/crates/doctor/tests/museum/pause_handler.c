// A process waits in pause for a signal that it catches. Anybody may send it.
//
// hangs: for as long as nobody does.
//
// verdict: deadline
// blocked: parent pause
// twin: none
#include "museum.h"

static void nothing(int signal) { (void)signal; }

int main(void) {
    must(signal(SIGUSR1, nothing) == SIG_ERR ? -1 : 0);
    pause();
}
