// A process reads an eventfd that nobody else has.
//
// hangs: in read on something that is no pipe. It is named; whether it is resolved is up to the doctor.
// fixed: something is written first.
//
// verdict: deadlock | deadline | unknown
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
