// A poll that has been left with nothing to wait for: all its descriptors are -1.
//
// hangs: only a signal could end it.
// fixed: the loop ends when its last descriptor has gone.
//
// verdict: deadlock
// blocked: parent poll
// fix: none
#include "museum.h"
#include <poll.h>

int main(void) {
    int a[2];
    must(pipe(a));
    must(close(a[1]));
    struct pollfd only = { a[0], POLLIN, 0 };
    for (;;) {
        must(poll(&only, 1, -1));
        if (only.revents & POLLHUP) {
            must(close(a[0]));
            only.fd = -1;
#ifdef FIXED
            return 0;
#endif
        }
    }
}
