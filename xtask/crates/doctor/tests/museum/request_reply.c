// A client and a server, and each waits for the other's first word.
//
// hangs: both pipes are empty, both ends of both are open, nobody writes.
// fixed: the client sends its request before it reads the reply.
//
// verdict: deadlock
// kind: each-waits-for-the-other
// blocked: parent read 5
// blocked: child-1 read 3
// fix: any
#include "museum.h"

int main(void) {
    int request[2], reply[2];
    char word;
    must(pipe(request));
    must(pipe(reply));
    if (must(fork()) == 0) {
        must(close(request[1]));
        must(close(reply[0]));
        while (must(read(request[0], &word, 1)) > 0)
            must(write(reply[1], &word, 1));
        _exit(0);
    }
    must(close(request[0]));
    must(close(reply[1]));
#ifdef FIXED
    must(write(request[1], "?", 1));
#endif
    must(read(reply[0], &word, 1));
    must(close(request[1]));
    reap(1);
}
