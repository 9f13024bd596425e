#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/sys.h"
#include "snapshot/lender.h"
#include "tracer/lend.h"

enum { SECONDS = 2 };

static int connect_to(uint64_t session) {
    struct sockaddr_un address;
    struct timeval limit = {.tv_sec = SECONDS};
    long size = (long)lender_address(&address, session);
    long fd = sys_call(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, 0, 0, 0);
    if (sys_failed(fd))
        return -1;
    sys_call(SYS_setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, (long)&limit, sizeof limit, 0);
    sys_call(SYS_setsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, (long)&limit, sizeof limit, 0);
    if (!sys_failed(sys_call(SYS_connect, fd, (long)&address, size, 0, 0, 0)))
        return (int)fd;
    sys_close((int)fd);
    return -1;
}

static int receive_file(int socket) {
    uint64_t body;
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec io = {&body, sizeof body};
    struct msghdr message = {
        .msg_iov = &io, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *c;
    int fd = -1;
    long r = sys_call(SYS_recvmsg, socket, (long)&message, MSG_CMSG_CLOEXEC, 0, 0, 0);
    c = r > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(c), sizeof fd);
    return fd;
}

int lend_ask(uint64_t session, uint64_t size) {
    int socket = session != 0 ? connect_to(session) : -1, fd = -1;
    if (socket < 0)
        return -1;
    if (sys_call(SYS_sendto, socket, (long)&size, sizeof size, MSG_NOSIGNAL, 0, 0) == sizeof size)
        fd = receive_file(socket);
    sys_close(socket);
    return fd;
}
