// A process waits in poll until it can write; the only reader is itself.
//
// hangs: POLLOUT comes when somebody reads, POLLERR when nobody can.
// fixed: it closes the read end and gets POLLERR.
//
// verdict: deadlock
// kind: leaked-read-end
// blocked: parent poll
// fix: parent 3 read
#include "museum.h"
#include <poll.h>

int main(void) {
    int a[2];
    must(pipe(a));
    fill(a[1], must(fcntl(a[1], F_GETPIPE_SZ)));
#ifdef FIXED
    must(close(a[0]));
#endif
    struct pollfd room = { a[1], POLLOUT, 0 };
    must(poll(&room, 1, -1));
}
