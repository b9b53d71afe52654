// A process reads an eventfd that nobody else has.
//
// hangs: in read on something that is no pipe; it is named, not resolved.
// fixed: something is written first.
//
// verdict: deadline | unknown
// blocked: parent read 3
#include "museum.h"
#include <stdint.h>
#include <sys/eventfd.h>

int main(void) {
    uint64_t count = 1;
    int event = must(eventfd(0, EFD_CLOEXEC));
#ifdef FIXED
    must(write(event, &count, sizeof count));
#endif
    must(read(event, &count, sizeof count));
}
