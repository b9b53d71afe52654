// A process reads its standard input, an eventfd to which somebody outside may write.
//
// hangs: for as long as nobody does.
//
// stdin: eventfd
// verdict: deadline
// blocked: parent read 0
// twin: none
#include "museum.h"
#include <stdint.h>

int main(void) {
    uint64_t times;
    must(read(0, &times, sizeof times));
}
