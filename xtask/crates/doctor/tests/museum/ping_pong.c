// Two children pass a byte to and fro. At most moments both wait, and it goes on all the time.
//
// verdict: finished
// twin: none
#include "museum.h"

int main(void) {
    int a[2], b[2];
    char ball = '.';
    must(pipe(a));
    must(pipe(b));
    if (must(fork()) == 0) {
        must(close(a[1]));
        must(close(b[0]));
        while (must(read(a[0], &ball, 1)) == 1)
            must(write(b[1], &ball, 1));
        _exit(0);
    }
    if (must(fork()) == 0) {
        must(close(a[0]));
        must(close(b[1]));
        for (int i = 0; i < 60000; i++) {
            must(write(a[1], &ball, 1));
            must(read(b[0], &ball, 1));
        }
        _exit(0);
    }
    for (int i = 0; i < 2; i++) {
        must(close(a[i]));
        must(close(b[i]));
    }
    reap(2);
}
