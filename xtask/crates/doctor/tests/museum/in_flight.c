// The write end of a pipe has been sent over a socket (SCM_RIGHTS) and nobody has received it: no
// process has it, and yet there is no end-of-file.
//
// hangs: in read. Who looks for holders finds none, and must not take that for end-of-file.
// fixed: the socket is closed, and what is in it with it.
//
// verdict: deadline | unknown
// blocked: parent read 3
#include "museum.h"
#include <sys/socket.h>

int main(void) {
    int a[2], ends[2];
    must(pipe(a));
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
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
    must(sendmsg(ends[0], &message, 0));
    must(close(a[1]));
#ifdef FIXED
    must(close(ends[0]));
    must(close(ends[1]));
#endif
    drain(a[0]);
}
