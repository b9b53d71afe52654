// The first argument of select is the highest descriptor instead of one more: the pipe is not looked
// at although it has a byte.
//
// hangs: select waits for nothing, without a timeout.
// fixed: one more.
//
// verdict: deadlock | deadline
// blocked: parent select
// fix: none
#include "museum.h"
#include <sys/select.h>

int main(void) {
    int a[2];
    must(pipe(a));
    must(write(a[1], "x", 1));
    fd_set set;
    FD_ZERO(&set);
    FD_SET(a[0], &set);
#ifdef FIXED
    must(select(a[0] + 1, &set, NULL, NULL, NULL));
#else
    must(select(a[0], &set, NULL, NULL, NULL));
#endif
}
