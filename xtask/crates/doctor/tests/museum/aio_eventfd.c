// A process waits for an eventfd to which the kernel itself writes: as soon as a timer is ready that
// it was asked to watch (io_submit(2), IOCB_CMD_POLL).
//
// needs: aio
// verdict: finished
// twin: none
#include "museum.h"
#include <linux/aio_abi.h>
#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

int main(void) {
    aio_context_t context = 0;
    if (syscall(SYS_io_setup, 1, &context) == -1 && (errno == ENOSYS || errno == EPERM))
        return 77; // not here
    int timer = must(timerfd_create(CLOCK_MONOTONIC, 0));
    struct itimerspec time = { { 0, 0 }, { 1, 0 } };
    must(timerfd_settime(timer, 0, &time, NULL));
    int event = must(eventfd(0, 0));
    struct iocb watch = {
        .aio_lio_opcode = IOCB_CMD_POLL, .aio_fildes = timer, .aio_buf = POLLIN,
        .aio_flags = IOCB_FLAG_RESFD, .aio_resfd = event,
    };
    struct iocb *all[] = { &watch };
    must(syscall(SYS_io_submit, context, 1, all));
    uint64_t times;
    must(read(event, &times, sizeof times));
}
