// The poor man's timeout, as in `perl -e 'alarm 1; exec @ARGV' cat`: a child sets an alarm that nobody
// handles and hangs; its parent waits for it and goes on when the alarm has ended the child.
//
// Such an alarm cannot be seen from outside: /proc does not show it. The child is in a deadlock until it
// comes; that its parent is not is more than a proof can know.
//
// verdict: finished | deadlock
// ordinary: finished | deadlock
// blocked: parent wait
// blocked: child-1 read 3
// fix: any
// twin: none
#include "museum.h"

int main(void) {
    int a[2];
    must(pipe(a));
    if (must(fork()) == 0) {
        alarm(3);
        drain(a[0]);
        _exit(0);
    }
    must(close(a[0]));
    must(close(a[1]));
    reap(1);
}
