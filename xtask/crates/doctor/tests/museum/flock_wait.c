// A child waits for a lock on a file that its parent has; the parent waits for the child.
//
// hangs: in flock. Locks belong to the outside world: whoever opens the file may have one.
// fixed: the parent unlocks before it waits.
//
// verdict: deadline
// blocked: parent wait
// blocked: child-1 flock
#include "museum.h"
#include <sys/file.h>

int main(void) {
    int file = must(open("lock", O_RDWR | O_CREAT, 0600));
    must(flock(file, LOCK_EX));
#ifdef FIXED
    must(flock(file, LOCK_UN));
#endif
    if (must(fork()) == 0) {
        must(flock(must(open("lock", O_RDWR)), LOCK_EX));
        _exit(0);
    }
    reap(1);
}
