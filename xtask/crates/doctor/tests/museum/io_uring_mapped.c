// A ring of io_uring whose descriptor is closed: mapped, it works on, and the kernel writes to the pipe
// when a second is over.
//
// needs: io_uring
// verdict: finished
// twin: none
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
    struct __kernel_timespec second = { 1, 0 };
    must(pipe(a));
    int ring = syscall(SYS_io_uring_setup, 2, &how);
    if (ring < 0 && (errno == ENOSYS || errno == EPERM))
        return 77; // not here
    must(ring);
    char *queue = map(ring, how.sq_off.array + 2 * sizeof(uint32_t), IORING_OFF_SQ_RING);
    struct io_uring_sqe *entries = map(ring, 2 * sizeof *entries, IORING_OFF_SQES);
    entries[0] = (struct io_uring_sqe){
        .opcode = IORING_OP_TIMEOUT, .flags = IOSQE_IO_HARDLINK, .addr = (uintptr_t)&second, .len = 1,
    };
    entries[1] = (struct io_uring_sqe){
        .opcode = IORING_OP_WRITE, .fd = a[1], .addr = (uintptr_t)"x", .len = 1, .off = -1,
    };
    uint32_t *order = (uint32_t *)(queue + how.sq_off.array);
    order[0] = 0;
    order[1] = 1;
    __atomic_store_n((uint32_t *)(queue + how.sq_off.tail), 2, __ATOMIC_RELEASE);
    must(syscall(SYS_io_uring_enter, ring, 2, 0, 0, NULL, 0));
    must(close(ring));
    must(read(a[0], &byte, 1));
}
