// A daemon has the write end of its starter's pipe and sleeps for a second before it ends.
//
// verdict: finished
// twin: none
#include "museum.h"

int main(void) {
    int a[2];
    must(pipe(a));
    if (must(fork()) == 0) {
        must(setsid());
        if (must(fork()) > 0)
            _exit(0);
        must(sleep(1));
        _exit(0);
    }
    reap(1);
    must(close(a[1]));
    drain(a[0]);
}
