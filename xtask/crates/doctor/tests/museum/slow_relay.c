// A relay of three processes; the first sleeps for a fifth of a second before each word.
//
// verdict: finished
// twin: none
#include "museum.h"

int main(void) {
    int a[2], b[2];
    char word;
    must(pipe(a));
    must(pipe(b));
    if (must(fork()) == 0) {
        must(close(a[1]));
        must(close(b[0]));
        while (must(read(a[0], &word, 1)) == 1)
            must(write(b[1], &word, 1));
        _exit(0);
    }
    if (must(fork()) == 0) {
        must(close(a[0]));
        must(close(a[1]));
        must(close(b[1]));
        drain(b[0]);
        _exit(0);
    }
    must(close(a[0]));
    must(close(b[0]));
    must(close(b[1]));
    for (int i = 0; i < 5; i++) {
        must(usleep(200000));
        must(write(a[1], ".", 1));
    }
    must(close(a[1]));
    reap(2);
}
