// A process waits for something to change in its directory, and beside that for its own pipe.
//
// hangs: until somebody outside writes a file there.
//
// verdict: deadline
// blocked: parent poll
// twin: none
#include "museum.h"
#include <poll.h>
#include <sys/inotify.h>

int main(void) {
    int a[2];
    must(pipe(a));
    int changes = must(inotify_init1(IN_CLOEXEC));
    must(inotify_add_watch(changes, ".", IN_CREATE));
    struct pollfd both[] = { { a[0], POLLIN, 0 }, { changes, POLLIN, 0 } };
    must(poll(both, 2, -1));
}
