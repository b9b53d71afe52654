// posix_spawn opens a FIFO for the command before it runs it. The parent would open the other end
// after posix_spawn has returned.
//
// hangs: the child waits in open for the parent, the parent for the exec of its child (vfork(2)).
// fixed: the parent opens the FIFO for both directions first, so that nobody waits.
//
// place: private
// verdict: deadlock
// kind: fifo-no-peer
// blocked: parent vfork
// blocked: child-1 open
// fix: none
#include "museum.h"
#include <spawn.h>

extern char **environ;

int main(void) {
    pid_t child;
    char *argv[] = { "cat", NULL };
    posix_spawn_file_actions_t actions;
    hide();
    must(mkfifo("a", 0600));
#ifdef FIXED
    int both = must(open("a", O_RDWR | O_CLOEXEC));
#endif
    zero(posix_spawn_file_actions_init(&actions));
    zero(posix_spawn_file_actions_addopen(&actions, 0, "a", O_RDONLY, 0));
    zero(posix_spawnp(&child, "cat", &actions, NULL, argv, environ));
    int writer = must(open("a", O_WRONLY | O_CLOEXEC));
#ifdef FIXED
    must(close(both));
#endif
    must(close(writer));
    reap(1);
}
