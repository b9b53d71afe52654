// A producer and a consumer that is satisfied early. Their parent has kept the read end.
//
// hangs: the producer has filled the pipe; the parent, which could read it, waits for the producer.
// fixed: the parent closes its read end, so that SIGPIPE ends the producer.
//
// verdict: deadlock
// kind: leaked-read-end | wait-before-read
// blocked: parent wait
// blocked: child-1 write 4
// fix: any
#include "museum.h"

int main(void) {
    int a[2];
    must(pipe(a));
    pid_t producer = must(fork());
    if (producer == 0) {
        must(close(a[0]));
        fill(a[1], 1000000);
        _exit(0);
    }
    pid_t consumer = must(fork());
    if (consumer == 0) {
        must(close(a[1]));
        char bytes[10];
        must(read(a[0], bytes, sizeof bytes));
        _exit(0);
    }
    must(close(a[1]));
    must(waitpid(consumer, NULL, 0));
#ifdef FIXED
    must(close(a[0]));
#endif
    must(waitpid(producer, NULL, 0));
}
