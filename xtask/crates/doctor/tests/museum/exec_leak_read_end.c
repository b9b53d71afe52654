// `yes | head -1` with pipes that are not close-on-exec: yes inherits the read end of its own output.
//
// hangs: head has gone, yes has filled the pipe and waits for itself to read; the parent waits.
// fixed: pipe2 with O_CLOEXEC; SIGPIPE ends yes.
//
// verdict: deadlock
// kind: leaked-read-end
// blocked: parent wait
// blocked: child-1 write 1
// fix: child-1 3 read
#include "museum.h"

int main(void) {
    int a[2];
#ifdef FIXED
    must(pipe2(a, O_CLOEXEC));
#else
    must(pipe(a));
#endif
    pid_t producer = must(fork());
    if (producer == 0) {
        must(dup2(a[1], 1));
        must(execlp("yes", "yes", NULL));
    }
    pid_t consumer = must(fork());
    if (consumer == 0) {
        must(dup2(a[0], 0));
        must(dup2(must(open("/dev/null", O_WRONLY)), 1));
        must(execlp("head", "head", "-1", NULL));
    }
    must(close(a[0]));
    must(close(a[1]));
    must(waitpid(consumer, NULL, 0));
    must(waitpid(producer, NULL, 0));
}
