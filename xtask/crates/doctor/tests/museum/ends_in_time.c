// End-of-file and EPIPE, five hundred times each, at the very call at which they have to come: a
// looker-on who kept a copy of an end for a moment too long would be noticed.
//
// verdict: finished
// twin: none
#include "museum.h"

// The child says over `go` when it has closed its end; what the parent does next must see it.
static void round_of(int is_reader) {
    int a[2], go[2];
    char byte = 'x';
    must(pipe(a));
    must(pipe(go));
    if (must(fork()) == 0) {
        must(close(a[is_reader ? 1 : 0]));
        must(close(go[0]));
        must(close(a[is_reader ? 0 : 1]));
        must(write(go[1], &byte, 1));
        _exit(0);
    }
    must(close(a[is_reader ? 0 : 1]));
    must(close(go[1]));
    must(read(go[0], &byte, 1));
    if (is_reader) {
        must(write(a[1], &byte, 1) == -1 && errno == EPIPE ? 0 : -1);
        must(close(a[1]));
    } else {
        must(read(a[0], &byte, 1) == 0 ? 0 : -1);
        must(close(a[0]));
    }
    must(close(go[0]));
    reap(1);
}

int main(void) {
    must(signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -1 : 0);
    for (int i = 0; i < 500; i++) {
        round_of(0);
        round_of(1);
    }
}
