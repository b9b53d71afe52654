// museum.h: what the C programs of the museum share. Every call is checked; nothing hides which pipe
// is made, which end is closed and who waits for whom.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// What a program ends with that could not do what it is here to show.
enum { BROKEN = 125 };

// Ends the program unless the call has worked.
#define must(call) must_at((long)(call), #call, __FILE__, __LINE__)
static inline long must_at(long result, const char *call, const char *file, int line) {
    if (result >= 0)
        return result;
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, call, strerror(errno));
    _exit(BROKEN);
}

// The same for calls of pthread_*(3), which return the error.
#define zero(call) must_at(-(long)(errno = (call)), #call, __FILE__, __LINE__)

// Goes to a directory that nobody else knows.
static inline void hide(void) {
    char path[] = "./own-XXXXXX";
    if (mkdtemp(path) == NULL)
        must(-1);
    must(chdir(path));
}

// Reads until end-of-file.
static inline void drain(int fd) {
    char bytes[4096];
    while (must(read(fd, bytes, sizeof bytes)) > 0)
        continue;
}

// Writes so many bytes, or fewer where nobody can read them any more (SIGPIPE is ignored by some).
static inline void fill(int fd, long count) {
    char bytes[4096];
    memset(bytes, 'x', sizeof bytes);
    while (count > 0) {
        ssize_t done = write(fd, bytes, count < 4096 ? (size_t)count : sizeof bytes);
        if (done < 0 && errno == EPIPE)
            return;
        count -= must(done);
    }
}

// Waits for so many children. One that could not do its part ends the program as well.
static inline void reap(int count) {
    while (count-- > 0) {
        int status;
        must(wait(&status));
        if (WIFEXITED(status) && WEXITSTATUS(status) == BROKEN)
            _exit(BROKEN);
    }
}
