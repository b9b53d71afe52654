// A program reads its standard input, a pipe whose write end somebody outside has.
//
// hangs: until that somebody writes or closes.
//
// stdin: held
// verdict: deadline
// blocked: parent read 0
// twin: none
#include "museum.h"

int main(void) {
    drain(0);
}
