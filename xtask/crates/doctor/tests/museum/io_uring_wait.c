// A read of a pipe through io_uring, for a process that has the write end itself.
//
// hangs: in io_uring_enter; what is asked for stands in the ring, and nobody outside can tell.
// fixed: the write end is closed.
//
// needs: io_uring
// verdict: deadline | unknown
// blocked: parent io_uring_enter
#include "museum.h"
#include <linux/io_uring.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

static void *map(int ring, size_t length, off_t offset) {
    void *at = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, ring, offset);
    must(at == MAP_FAILED ? -1 : 0);
    return at;
}

int main(void) {
    int a[2];
    char byte;
    struct io_uring_params how = { 0 };
    must(pipe(a));
    int ring = syscall(SYS_io_uring_setup, 1, &how);
    if (ring < 0 && (errno == ENOSYS || errno == EPERM))
        return 77; // not here
    must(ring);
#ifdef FIXED
    must(close(a[1]));
#endif
    char *queue = map(ring, how.sq_off.array + sizeof(uint32_t), IORING_OFF_SQ_RING);
    struct io_uring_sqe *entry = map(ring, sizeof *entry, IORING_OFF_SQES);
    *entry = (struct io_uring_sqe){
        .opcode = IORING_OP_READ, .fd = a[0], .addr = (uintptr_t)&byte, .len = 1, .off = -1,
    };
    *(uint32_t *)(queue + how.sq_off.array) = 0;
    __atomic_store_n((uint32_t *)(queue + how.sq_off.tail), 1, __ATOMIC_RELEASE);
    must(syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0));
}
