// Three processes in a ring; each writes more than fits to the next before it reads.
//
// hangs: three full pipes.
// fixed: the parent reads first.
//
// verdict: deadlock
// kind: both-full | circle | nobody-reads
// blocked: parent write 4
// blocked: child-1 write 6
// blocked: child-2 write 8
// fix: none
// says: full
#include "museum.h"

static int pipes[3][2];

static void keep(int in, int out) {
    for (int i = 0; i < 3; i++) {
        if (i != in)
            must(close(pipes[i][0]));
        if (i != out)
            must(close(pipes[i][1]));
    }
}

static void send_all(int out) {
    fill(pipes[out][1], 200000);
    must(close(pipes[out][1]));
}

int main(void) {
    for (int i = 0; i < 3; i++)
        must(pipe(pipes[i]));
    for (int i = 0; i < 2; i++) {
        if (must(fork()) == 0) {
            keep(i, i + 1);
            send_all(i + 1);
            drain(pipes[i][0]);
            _exit(0);
        }
    }
    keep(2, 0);
#ifdef FIXED
    drain(pipes[2][0]);
    send_all(0);
#else
    send_all(0);
    drain(pipes[2][0]);
#endif
    reap(2);
}
