// Eight times poll for a pipe to which nobody writes, with a timeout of 150 ms each.
//
// verdict: finished
// twin: none
#include "museum.h"
#include <poll.h>

int main(void) {
    int a[2];
    must(pipe(a));
    for (int i = 0; i < 8; i++) {
        struct pollfd quiet = { a[0], POLLIN, 0 };
        must(poll(&quiet, 1, 150));
    }
}
