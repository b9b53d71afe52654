// A program waits for a line from its terminal.
//
// hangs: until somebody types.
//
// stdin: terminal
// verdict: deadline
// blocked: parent read 0
// twin: none
#include "museum.h"

int main(void) {
    char line[80];
    must(read(0, line, sizeof line));
}
