// A child waits for a line from its terminal and passes it on; the parent waits for the pipe, whose
// write end it has itself as well.
//
// hangs: until somebody types. The leak would make it hang even then, but that is not yet what it
//   waits for.
//
// stdin: terminal
// verdict: deadline
// blocked: parent read 3
// blocked: child-1 read 0
// twin: none
#include "museum.h"

int main(void) {
    int a[2];
    must(pipe(a));
    if (must(fork()) == 0) {
        char line[80];
        must(read(0, line, sizeof line));
        must(write(a[1], line, 1));
        _exit(0);
    }
    drain(a[0]);
    reap(1);
}
