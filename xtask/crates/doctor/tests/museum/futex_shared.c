// A process waits on a word in a file that it has mapped. Whoever maps the same file could wake it.
//
// hangs: for as long as nobody outside does.
//
// place: shared
// verdict: deadline | unknown
// blocked: parent futex
// twin: none
#include "museum.h"
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>

int main(void) {
    int file = must(open("word", O_RDWR | O_CREAT, 0666));
    must(ftruncate(file, 4096));
    int *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    must(word == MAP_FAILED ? -1 : 0);
    while (*word == 0)
        must(syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0));
}
