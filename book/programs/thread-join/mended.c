// A thread waits for a bell. The main thread rings, and waits for the thread then.
#include <pthread.h>
#include <stdio.h>
#include <sys/eventfd.h>

static int bell;

static void *answer(void *unused) {
    eventfd_t rings;
    if (eventfd_read(bell, &rings) == 0)
        puts("the bell has rung");
    return unused;
}

int main(void) {
    pthread_t thread;
    bell = eventfd(0, EFD_CLOEXEC);
    if (bell < 0 || pthread_create(&thread, NULL, answer, NULL) != 0)
        return 1;
    eventfd_write(bell, 1);
    pthread_join(thread, NULL);
}
