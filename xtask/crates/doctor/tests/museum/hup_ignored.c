// A poll loop that looks for POLLIN only: when the writer has gone, POLLHUP wakes it for ever.
//
// verdict: deadline
// blocked: parent runs
#include "museum.h"
#include <poll.h>

int main(void) {
    int a[2];
    must(pipe(a));
    must(close(a[1]));
    for (;;) {
        struct pollfd only = { a[0], POLLIN, 0 };
        must(poll(&only, 1, -1));
        if (only.revents & POLLIN)
            drain(a[0]);
#ifdef FIXED
        if (only.revents & POLLHUP)
            return 0;
#endif
    }
}
