#include "run_lender.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include "snapshot/lender.h"
#include "snapshot/process.h"

static const uint64_t size_max = UINT64_C(16) << 30;
enum { SPARE_DESCRIPTORS = 32 }; /* for the snapshots that are to be written */

static void watch(const struct run_lender *lender, int fd) {
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(lender->events, EPOLL_CTL_ADD, fd, &event);
}

/* Who asks is told at once that there is nothing, instead of waiting. */
static void stop_listening(struct run_lender *lender) {
    if (lender->listener >= 0)
        close(lender->listener);
    lender->listener = -1;
}

void run_lender_open(struct run_lender *lender, uint64_t session) {
    struct sockaddr_un address;
    socklen_t size = lender_address(&address, session);
    *lender = (struct run_lender){.events = epoll_create1(EPOLL_CLOEXEC)};
    lender->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (bind(lender->listener, (struct sockaddr *)&address, size) ||
        listen(lender->listener, SOMAXCONN))
        stop_listening(lender);
    else
        watch(lender, lender->listener);
}

/* --- One file --- */

static int has_spare_descriptors(int newest) {
    struct rlimit limit;
    return !getrlimit(RLIMIT_NOFILE, &limit) &&
           (rlim_t)newest + 1 + SPARE_DESCRIPTORS <= limit.rlim_cur;
}

/* At the descriptor `place`, since its name says where it is. */
static int make_file_at(int place, uint64_t size) {
    char name[LENDER_NAME_MAX];
    lender_name_file(name, (uint32_t)getpid(), (uint32_t)place);
    int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0)
        return -1;
    int failed = ftruncate(fd, (off_t)size) || dup3(fd, place, O_CLOEXEC) < 0;
    close(fd);
    return failed;
}

static int make_file(const struct run_lender *lender, uint64_t size) {
    int place = fcntl(lender->events, F_DUPFD_CLOEXEC, 0);
    if (place < 0)
        return -1;
    if (size <= size_max && has_spare_descriptors(place) && !make_file_at(place, size))
        return place;
    close(place);
    return -1;
}

static int send_file(int connection, int fd) {
    uint64_t body = 0;
    struct iovec io = {&body, sizeof body};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int))];
    } control = {.header = {CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS}};
    struct msghdr message = {
        .msg_iov = &io, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    return sendmsg(connection, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? -1 : 0;
}

/* --- Loans --- */

static void remember(struct run_lender *lender, pid_t pid, int fd) {
    struct run_loan **loans = reallocarray(lender->loans, lender->count + 1, sizeof(void *));
    struct run_loan *loan = calloc(1, sizeof *loan);
    if (!loans || !loan)
        abort();
    loan->pid = pid;
    loan->start_ticks = process_start_ticks((uint32_t)pid);
    loan->file.fd = fd;
    lender->loans = loans;
    loans[lender->count++] = loan;
}

static void lend(struct run_lender *lender, int connection, pid_t pid, uint64_t size) {
    int fd = make_file(lender, size);
    if (fd < 0)
        return;
    if (send_file(connection, fd))
        close(fd);
    else
        remember(lender, pid, fd);
}

static int is_magic(int fd) {
    static const char magic[] = ARENA_MAGIC;
    char begin[sizeof magic - 1];
    return pread(fd, begin, sizeof begin, 0) == sizeof begin && !memcmp(begin, magic, sizeof begin);
}

int run_loan_is_arena(struct run_loan *loan) {
    if (!loan->is_arena && loan->file.fd >= 0 && is_magic(loan->file.fd)) {
        loan->is_arena = !arena_file_attach(&loan->file, loan->file.fd, NULL);
        loan->image = loan->file.header.image;
    }
    return loan->is_arena;
}

void run_lender_forget(struct run_lender *lender, struct run_loan *loan) {
    size_t i = 0;
    while (lender->loans[i] != loan)
        i++;
    lender->count--;
    memmove(lender->loans + i, lender->loans + i + 1, (lender->count - i) * sizeof(void *));
    arena_file_close(&loan->file);
    free(loan);
}

/* --- Serving --- */

static void admit(struct run_lender *lender) {
    int connection = accept4(lender->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (connection >= 0)
        watch(lender, connection);
    else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
        stop_listening(lender);
}

static int is_trusted(int connection, struct ucred *peer) {
    socklen_t size = sizeof *peer;
    return !getsockopt(connection, SOL_SOCKET, SO_PEERCRED, peer, &size) &&
           (geteuid() == 0 || peer->uid == geteuid());
}

/* One question a connection. */
static void answer(struct run_lender *lender, int connection) {
    struct ucred peer;
    uint64_t size;
    ssize_t n = recv(connection, &size, sizeof size, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n == sizeof size && is_trusted(connection, &peer))
        lend(lender, connection, peer.pid, size);
    close(connection);
}

void run_lender_serve(struct run_lender *lender) {
    struct epoll_event event;
    while (epoll_wait(lender->events, &event, 1, 0) == 1)
        if (event.data.fd == lender->listener)
            admit(lender);
        else
            answer(lender, event.data.fd);
}

void run_lender_close(struct run_lender *lender) {
    stop_listening(lender);
    if (lender->events >= 0)
        close(lender->events);
    while (lender->count)
        run_lender_forget(lender, lender->loans[lender->count - 1]);
    free(lender->loans);
}
