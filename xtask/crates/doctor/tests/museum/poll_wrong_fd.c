// A process asks poll for one of its two pipes only: the one that never has anything to say.
//
// hangs: it has kept the write end of the quiet pipe, so not even POLLHUP comes; the child has
//   filled the other pipe.
// fixed: it asks for both.
//
// verdict: deadlock
// kind: leaked-write-end
// blocked: parent poll
// blocked: child-1 write 6
// fix: parent 4 write
#include "museum.h"
#include <poll.h>

int main(void) {
    int quiet[2], busy[2];
    must(pipe(quiet));
    must(pipe(busy));
    if (must(fork()) == 0) {
        must(close(quiet[0]));
        must(close(quiet[1]));
        must(close(busy[0]));
        fill(busy[1], 100000);
        _exit(0);
    }
    must(close(busy[1]));
    struct pollfd both[] = { { quiet[0], POLLIN, 0 }, { busy[0], POLLIN, 0 } };
#ifdef FIXED
    must(poll(both, 2, -1));
#else
    must(poll(both, 1, -1));
#endif
    drain(busy[0]);
    reap(1);
}
