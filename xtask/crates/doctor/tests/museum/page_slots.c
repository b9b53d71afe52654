// Like wait_before_read, with records of 2049 bytes: two do not fit into one page of the pipe, so it
// is full when half of its bytes are used.
//
// hangs: the writer has 16 pages of 4096 bytes with 2049 in each; the parent waits for it.
// fixed: read first, then wait.
//
// verdict: deadlock
// kind: wait-before-read
// blocked: parent wait
// blocked: child-1 write 4
// bytes: 32784 of 65536
// fix: none
#include "museum.h"

int main(void) {
    int a[2];
    char record[2049] = { 0 };
    must(pipe(a));
    must(fcntl(a[1], F_SETPIPE_SZ, 65536));
    if (must(fork()) == 0) {
        must(close(a[0]));
        for (int i = 0; i < 20; i++)
            must(write(a[1], record, sizeof record));
        _exit(0);
    }
    must(close(a[1]));
#ifdef FIXED
    drain(a[0]);
#endif
    reap(1);
}
