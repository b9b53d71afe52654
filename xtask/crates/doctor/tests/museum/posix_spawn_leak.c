// posix_spawn with a dup2 for standard input and no addclose: the command has the write end too.
//
// hangs: cat waits for an end-of-file that it withholds from itself.
// fixed: posix_spawn_file_actions_addclose for both ends.
//
// verdict: deadlock
// kind: leaked-write-end
// blocked: parent wait
// blocked: child-1 read 0
// fix: child-1 4 write
#include "museum.h"
#include <spawn.h>

extern char **environ;

int main(void) {
    int a[2];
    pid_t child;
    char *argv[] = { "cat", NULL };
    posix_spawn_file_actions_t actions;
    must(pipe(a));
    zero(posix_spawn_file_actions_init(&actions));
    zero(posix_spawn_file_actions_adddup2(&actions, a[0], 0));
#ifdef FIXED
    zero(posix_spawn_file_actions_addclose(&actions, a[0]));
    zero(posix_spawn_file_actions_addclose(&actions, a[1]));
#endif
    zero(posix_spawnp(&child, "cat", &actions, NULL, argv, environ));
    must(close(a[0]));
    must(close(a[1]));
    reap(1);
}
