// A process reads its own pipe, with an alarm that nobody catches as a safety net.
//
// hangs: until the alarm ends it. That is no rescue, and from outside the alarm cannot be seen: a
//   proof is right, and so is waiting for the alarm.
// fixed: the write end is closed.
//
// verdict: deadlock | finished
// blocked: parent read 3
// fix: any
// exit: 142
#include "museum.h"

int main(void) {
    int a[2];
    must(pipe(a));
    alarm(3);
#ifdef FIXED
    must(close(a[1]));
#endif
    drain(a[0]);
}
