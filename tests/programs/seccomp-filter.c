/* A filter under which every system call but the few that the bare program makes kills it. */
#include "truth.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ALLOW(number)                                    \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static struct sock_filter filter[] = {
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    ALLOW(SYS_write),
    ALLOW(SYS_brk),
    ALLOW(SYS_mmap),
    ALLOW(SYS_munmap),
    ALLOW(SYS_exit_group),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};

static APART void *climb(unsigned path) {
    void *below = path > 1 ? (path % 2 ? climb(path / 2) : climb(path / 2 - 1)) : NULL;
    void *block = MALLOC(path % 512);
    FREE(below);
    return block;
}

int main(void) {
    const struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};
    for (unsigned i = 0; i < 100; i++)
        (void)climb(i);
    truth_pid = getpid();
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
        return 77;
    for (unsigned i = 0; i < 5000; i++)
        (void)climb(i);
    truth_print();
    return 0;
}
