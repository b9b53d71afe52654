// Like both_full_cat, through a filter of its own that answers two bytes for each one.
//
// hangs: with less than one and a half pipes of input already.
// fixed: the parent reads after each piece that it writes, with O_NONBLOCK on what it reads.
//
// verdict: deadlock
// kind: both-full
// blocked: parent write 4
// blocked: child-1 write 6
// fix: none
// says: full
#include "museum.h"

static void filter(int in, int out) {
    char bytes[1000], doubled[2000];
    ssize_t count;
    while ((count = must(read(in, bytes, sizeof bytes))) > 0) {
        for (ssize_t i = 0; i < count; i++)
            doubled[2 * i] = doubled[2 * i + 1] = bytes[i];
        must(write(out, doubled, 2 * count));
    }
}

int main(void) {
    int to[2], from[2];
    must(pipe(to));
    must(pipe(from));
    if (must(fork()) == 0) {
        must(close(to[1]));
        must(close(from[0]));
        filter(to[0], from[1]);
        _exit(0);
    }
    must(close(to[0]));
    must(close(from[1]));
    for (int piece = 0; piece < 150; piece++) {
        fill(to[1], 1000);
#ifdef FIXED
        // The answers to this piece, and no more, so that it never waits for what does not come.
        char answer[2000];
        for (ssize_t seen = 0; seen < 2000;)
            seen += must(read(from[0], answer, 2000 - seen));
#endif
    }
    must(close(to[1]));
    drain(from[0]);
    reap(1);
}
