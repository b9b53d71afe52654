// sendfile into a pipe for which the parent waits before it reads.
//
// hangs: in sendfile, as it would in write.
// fixed: read first, then wait.
//
// verdict: deadlock
// kind: wait-before-read
// blocked: parent wait
// blocked: child-1 sendfile
// fix: none
#include "museum.h"
#include <sys/sendfile.h>

int main(void) {
    int a[2];
    must(pipe(a));
    if (must(fork()) == 0) {
        must(close(a[0]));
        int file = must(open("data", O_RDWR | O_CREAT, 0600));
        must(ftruncate(file, 1 << 20));
        for (long left = 1 << 20; left > 0;)
            left -= must(sendfile(a[1], file, NULL, left));
        _exit(0);
    }
    must(close(a[1]));
#ifdef FIXED
    drain(a[0]);
#endif
    reap(1);
}
