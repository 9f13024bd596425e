/* libunwind tests every address before it reads there, by writing from it into a pipe: two
 * descriptors that the program may close and open again as files of its own, and cancellation
 * points. What it asks of libc for that is answered here instead, without descriptors. */
#include <errno.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/types.h>

#include "base/sys.h"
#include "unwind/elf.h"
#include "unwind/unwind_libunwind.h"

static int no_pipe(int *ends) {
    ends[0] = ends[1] = -1;
    errno = 0;
    return 0;
}

static int no_pipe_with_flags(int *ends, int flags) {
    (void)flags;
    return no_pipe(ends);
}

static long result(long r) {
    if (!sys_failed(r))
        return r;
    errno = (int)-r;
    return -1;
}

/* There is always room in a pipe that has just been emptied. Other descriptors are those of objects
 * in which it looks for .debug_frame. */
static ssize_t empty(int end, void *to, size_t size) {
    if (end >= 0)
        return result(sys_call(SYS_read, end, (long)to, (long)size, 0, 0, 0));
    errno = 0;
    return (ssize_t)size;
}

static ssize_t test(int end, const void *address, size_t size) {
    int is_readable = sys_is_readable((const void *)((uintptr_t)address & ~(uintptr_t)7));
    (void)end;
    errno = is_readable ? 0 : EFAULT;
    return is_readable ? (ssize_t)size : -1;
}

/* Registers that the caller has not set are passed on unread, as the C library does. */
static long call(long number, long a, long b, long c, long d, long e, long f) {
    if (number == SYS_write)
        return test((int)a, (const void *)b, (size_t)c);
    return result(sys_call(number, a, b, c, d, e, f));
}

/* What counts is whether it can be read. */
static int is_present(void *address, size_t size, unsigned char *pages) {
    enum { PRESENT = 1 };
    size_t page = getauxval(AT_PAGESZ);
    (void)address;
    memset(pages, PRESENT, (size + page - 1) / page);
    errno = 0;
    return 0;
}

static const struct call {
    const char *name;
    void *answer;
} calls[] = {
    {"pipe", (void *)no_pipe}, {"syscall", (void *)call}, {"pipe2", (void *)no_pipe_with_flags},
    {"read", (void *)empty},   {"write", (void *)test},   {"mincore", (void *)is_present},
};

/* The search for the object that holds `function`. */
struct search {
    uint64_t function;
    int answered; /* 1: found, and all is done; -1: it cannot be done */
};

struct target {
    struct elf elf;
    struct search *search;
};

static void answer(uint64_t *slot, const char *symbol, void *data) {
    struct target *t = data;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (strcmp(calls[i].name, symbol) != 0)
            continue;
        if (elf_unlock(&t->elf, slot, slot + 1) != 0) {
            t->search->answered = -1;
            return;
        }
        *slot = (uint64_t)(uintptr_t)calls[i].answer;
        elf_lock(&t->elf, slot, slot + 1);
    }
}

static int examine(struct dl_phdr_info *info, size_t size, void *data) {
    struct target t = {.search = data};
    (void)size;
    elf_open(&t.elf, info);
    if (t.search->function - t.elf.start >= t.elf.end - t.elf.start)
        return 0;
    t.search->answered = 1;
    elf_each_slot(&t.elf, answer, &t);
    return 1;
}

int unwind_libunwind_answer_calls(const void *function) {
    struct search search = {(uint64_t)(uintptr_t)function, 0};
    dl_iterate_phdr(examine, &search);
    return search.answered == 1 ? 0 : -1;
}
