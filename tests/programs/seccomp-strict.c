/* Enters strict seccomp, where any system call but read, write and exit is death, then goes on
 * allocating from the warmed heap, on lines and paths seen before and on new ones. */
#include "truth.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static APART void churn(size_t rounds) {
    void *ring[8] = {NULL};
    for (size_t i = 0; i < rounds; i++) {
        FREE(ring[i % 8]);
        ring[i % 8] = MALLOC(i % 100);
    }
    for (int i = 0; i < 8; i++)
        FREE(ring[i]);
}

static APART void deeper(int depth) {
    if (depth > 0)
        deeper(depth - 1);
    void *block = CALLOC(2, 30);
    if (depth % 2)
        FREE(block);
}

int main(void) {
    void *warm = MALLOC(100000);
    FREE(warm);
    churn(100);
    truth_pid = getpid();
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
        return 77;
    churn(10000);
    deeper(50);
    truth_print();
    syscall(SYS_exit, 4);
}
