// A program writes more than fits into a pipe whose read end somebody outside has.
//
// hangs: until that somebody reads, or closes it and it gets EPIPE.
//
// stdin: unread
// verdict: deadline
// blocked: parent write 0
// twin: none
#include "museum.h"

int main(void) {
    must(signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -1 : 0);
    char bytes[4096] = { 0 };
    // Standard input is the write end of the test's pipe here.
    for (int i = 0; i < 1000; i++) {
        if (write(0, bytes, sizeof bytes) == -1)
            return errno == EPIPE ? 0 : BROKEN;
    }
    return BROKEN;
}
