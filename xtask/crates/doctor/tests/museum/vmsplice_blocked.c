// vmsplice of more pages than the pipe has; the only reader is the process itself.
//
// hangs: in vmsplice, as it would in write.
// fixed: it closes the read end and gets SIGPIPE, which it ignores here.
//
// verdict: deadlock
// kind: leaked-read-end
// blocked: parent vmsplice 4
// fix: parent 3 read
#include "museum.h"
#include <sys/uio.h>

int main(void) {
    int a[2];
    static char pages[1 << 20];
    struct iovec all = { pages, sizeof pages };
    must(pipe(a));
    must(signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -1 : 0);
#ifdef FIXED
    must(close(a[0]));
    return vmsplice(a[1], &all, 1, 0) == -1 && errno == EPIPE ? 0 : BROKEN;
#endif
    must(vmsplice(a[1], &all, 1, 0));
    must(vmsplice(a[1], &all, 1, 0));
}
