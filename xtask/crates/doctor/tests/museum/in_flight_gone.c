// Like in_flight_outside, and the process has closed its own end of the socket: that its write end is
// on its way can be seen at the other end only, where somebody outside has not read it yet.
//
// hangs: for as long as the copy withholds end-of-file, or until somebody takes it out and writes.
//
// stdin: socket
// verdict: deadline
// ordinary: deadline | deadlock
//   An ordinary user cannot see the other end where it is another user's.
// blocked: parent read 3
// fix: any
// twin: none
#include "museum.h"
#include <sys/socket.h>

int main(void) {
    int a[2];
    must(pipe(a));
    char space[CMSG_SPACE(sizeof(int))] = { 0 };
    struct iovec byte = { "x", 1 };
    struct msghdr message = {
        .msg_iov = &byte, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space,
    };
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(rights), &a[1], sizeof(int));
    must(sendmsg(0, &message, 0));
    must(close(0));
    drain(a[0]);
}
