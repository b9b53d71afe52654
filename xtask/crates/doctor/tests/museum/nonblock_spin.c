// A reader with O_NONBLOCK that tries again every 20 ms and has the write end itself.
//
// hangs: it never blocks, so nothing is proved; it only never ends.
// fixed: the write end is closed.
//
// verdict: deadline
// blocked: parent sleep
#include "museum.h"

int main(void) {
    int a[2];
    char byte;
    must(pipe2(a, O_NONBLOCK));
#ifdef FIXED
    must(close(a[1]));
#endif
    while (read(a[0], &byte, 1) == -1 && errno == EAGAIN)
        must(usleep(20000));
}
