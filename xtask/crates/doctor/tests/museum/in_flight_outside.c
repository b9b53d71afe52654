// A process has sent a copy of its write end over standard input, a socket whose other end somebody
// outside has and has not read yet. It also has the write end itself.
//
// hangs: for as long as the copy on its way withholds end-of-file, or until somebody takes it out and
//   writes. Closing the process's own write end would not help.
//
// stdin: socket
// verdict: deadline | unknown
// blocked: parent read 3
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
    drain(a[0]);
}
