// The same with a record lock (fcntl(2), F_SETLKW).
//
// hangs: in fcntl.
// fixed: the parent unlocks before it waits.
//
// verdict: deadline
// blocked: parent wait
// blocked: child-1 fcntl
#include "museum.h"

int main(void) {
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int file = must(open("lock", O_RDWR | O_CREAT, 0600));
    must(fcntl(file, F_SETLKW, &lock));
#ifdef FIXED
    lock.l_type = F_UNLCK;
    must(fcntl(file, F_SETLKW, &lock));
    lock.l_type = F_WRLCK;
#endif
    if (must(fork()) == 0) {
        must(fcntl(must(open("lock", O_RDWR)), F_SETLKW, &lock));
        _exit(0);
    }
    reap(1);
}
