// Three processes in a ring; each passes on what it gets, and nobody begins.
//
// hangs: each waits in read for the one before it.
// fixed: the parent puts the token in.
//
// verdict: deadlock
// kind: each-waits-for-the-other | circle
// blocked: parent read 7
// blocked: child-1 read 3
// blocked: child-2 read 5
// fix: any
#include "museum.h"

static int pipes[3][2];

// Keeps the read end of one pipe and the write end of the next.
static void keep(int in, int out) {
    for (int i = 0; i < 3; i++) {
        if (i != in)
            must(close(pipes[i][0]));
        if (i != out)
            must(close(pipes[i][1]));
    }
}

static void pass_on(int in, int out) {
    char token;
    if (must(read(pipes[in][0], &token, 1)) == 1)
        must(write(pipes[out][1], &token, 1));
}

int main(void) {
    for (int i = 0; i < 3; i++)
        must(pipe(pipes[i]));
    for (int i = 0; i < 2; i++) {
        if (must(fork()) == 0) {
            keep(i, i + 1);
            pass_on(i, i + 1);
            _exit(0);
        }
    }
    keep(2, 0);
#ifdef FIXED
    must(write(pipes[0][1], "t", 1));
#endif
    char token;
    must(read(pipes[2][0], &token, 1));
    must(close(pipes[0][1]));
    reap(2);
}
