// Two pipes in one select; the process has the write ends of both.
//
// hangs: nobody else can write.
// fixed: it closes both write ends. One is enough for select to return.
//
// verdict: deadlock
// kind: leaked-write-end
// blocked: parent select
// fix: parent 4 write
// fix: parent 6 write
#include "museum.h"
#include <sys/select.h>

int main(void) {
    int a[2], b[2];
    must(pipe(a));
    must(pipe(b));
#ifdef FIXED
    must(close(a[1]));
    must(close(b[1]));
#endif
    fd_set set;
    FD_ZERO(&set);
    FD_SET(a[0], &set);
    FD_SET(b[0], &set);
    must(select(b[0] + 1, &set, NULL, NULL, NULL));
}
