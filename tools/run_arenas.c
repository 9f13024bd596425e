#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "run_arenas.h"
#include "snapshot/process.h"

/* Field numbers of /proc/PID/stat; the command name, which may hold anything, is field 2. */
enum { STAT_STATE = 3, STAT_THREADS = 20, STAT_START = 22 };

static unsigned long long stat_number(const char *state, int field) {
    for (int i = STAT_STATE; state && i < field; i++) {
        state = strchr(state, ' ');
        state += state != NULL;
    }
    return state ? strtoull(state, NULL, 10) : 0;
}

/* A zombie is gone, unless only its first thread has ended. */
static int is_running(uint32_t pid, uint64_t start_ticks) {
    char path[32], stat[1024];
    snprintf(path, sizeof path, "/proc/%u/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, stat, sizeof stat - 1);
    if (fd >= 0)
        close(fd);
    stat[n > 0 ? n : 0] = 0;
    const char *state = strrchr(stat, ')');
    if (!state || state[1] != ' ')
        return 0;
    state += 2;
    if (stat_number(state, STAT_START) != start_ticks)
        return 0;
    return !strchr("ZX", *state) || stat_number(state, STAT_THREADS) > 1;
}

int run_arenas_is_main(uint32_t pid, uint64_t start_ticks, const struct run_child *child) {
    return pid == (uint32_t)child->pid && start_ticks == child->start_ticks;
}

static int is_gone(const struct arena_file *file, const struct run_child *child) {
    const struct arena_header *h = &file->header;
    if (run_arenas_is_main(h->pid, h->start_ticks, child))
        return child->ended;
    if (h->pid_namespace == process_pid_namespace(0))
        return !is_running(h->pid, h->start_ticks);
    return arena_file_is_alive(file) == 0;
}

static int is_borrower_gone(struct run_loan *loan, const struct run_child *child) {
    if (run_arenas_is_main((uint32_t)loan->pid, loan->start_ticks, child))
        return child->ended;
    if (loan->pid)
        return !is_running((uint32_t)loan->pid, loan->start_ticks);
    return run_loan_is_arena(loan) && arena_file_is_alive(&loan->file) == 0;
}

static int is_known(const struct run_arenas *arenas, const struct run_loan *loan,
                    const char *name) {
    for (size_t i = 0; i < arenas->count; i++)
        if (arenas->items[i].loan == loan && !strcmp(arenas->items[i].name, name))
            return 1;
    return 0;
}

static struct run_arena *add(struct run_arenas *arenas, const struct arena_file *file, int gone) {
    struct run_arena *items = reallocarray(arenas->items, arenas->count + 1, sizeof *items);
    if (!items)
        abort();
    arenas->items = items;
    struct run_arena *arena = &items[arenas->count++];
    *arena = (struct run_arena){.header = file->header, .gone = gone};
    memcpy(arena->name, file->name, sizeof arena->name);
    return arena;
}

/* Returns how many of the new ones are gone. */
static size_t add_new_files(struct run_arenas *arenas, int dirfd, uint64_t session,
                            const struct run_child *child) {
    struct arena_list list = {.dirfd = dirfd};
    struct arena_file file;
    size_t gone_count = 0;
    for (const char *name; dirfd >= 0 && (name = arena_list_next(&list));) {
        if (is_known(arenas, NULL, name) || arena_file_open(&file, dirfd, name, NULL))
            continue;
        if (file.header.session == session) {
            int gone = is_gone(&file, child);
            add(arenas, &file, gone);
            gone_count += (size_t)gone;
        }
        arena_file_close(&file);
    }
    return gone_count;
}

static void add_loan(struct run_arenas *arenas, struct run_loan *loan, int gone) {
    struct run_arena *arena = add(arenas, &loan->file, gone);
    arena->loan = loan;
    arena->header.image = loan->image;
}

/* The same. Loans that were not used leave the list. */
static size_t add_new_loans(struct run_arenas *arenas, struct run_lender *lender,
                            const struct run_child *child) {
    size_t gone_count = 0, i = 0;
    while (i < lender->count) {
        struct run_loan *loan = lender->loans[i++];
        if (is_known(arenas, loan, ""))
            continue;
        int gone = is_borrower_gone(loan, child); /* asked first: the dead do not change */
        if (run_loan_is_arena(loan)) {
            add_loan(arenas, loan, gone);
            gone_count += (size_t)gone;
        } else if (gone) {
            run_lender_forget(lender, loan);
            i--;
        }
    }
    return gone_count;
}

static int is_same_process(const struct arena_header *a, const struct arena_header *b) {
    return a->pid == b->pid && a->start_ticks == b->start_ticks &&
           a->pid_namespace == b->pid_namespace;
}

/* A process finds its earlier arenas by their names and numbers its own after them; but lent ones
 * have no name, and it may have no descriptor left to look with. */
static int is_later(const struct run_arena *a, const struct run_arena *b) {
    if (a->loan || b->loan || a->header.image == b->header.image)
        return a->header.start_time > b->header.start_time;
    return a->header.image > b->header.image;
}

/* For the same reason nobody but us can number these. Loans come in their order in time. */
static void number_after(struct run_arena *later, const struct run_arena *a) {
    if (later->header.image > a->header.image)
        return;
    later->header.image = a->header.image + 1;
    if (later->loan)
        later->loan->image = later->header.image;
}

static int has_later_image(struct run_arenas *arenas, const struct run_arena *a) {
    int result = 0;
    for (size_t i = 0; i < arenas->count; i++) {
        struct run_arena *other = &arenas->items[i];
        if (!is_same_process(&a->header, &other->header) || !is_later(other, a))
            continue;
        number_after(other, a);
        result = 1;
    }
    return result;
}

void run_arenas_list(struct run_arenas *arenas, int dirfd, uint64_t session,
                     struct run_lender *lender, const struct run_child *child) {
    *arenas = (struct run_arenas){0};
    /* Between our reading the directory and our finding a process gone it may have made another
     * image. Once it is gone it makes no more, so a second look sees all of them. */
    int look_again = add_new_files(arenas, dirfd, session, child) > 0;
    look_again |= add_new_loans(arenas, lender, child) > 0;
    size_t judged = arenas->count;
    if (look_again) {
        add_new_files(arenas, dirfd, session, child);
        add_new_loans(arenas, lender, child);
    }
    for (size_t i = 0; i < arenas->count; i++) {
        struct run_arena *a = &arenas->items[i];
        a->state = has_later_image(arenas, a) ? RUN_ARENA_REPLACED
                   : a->gone && i < judged    ? RUN_ARENA_LAST
                                              : RUN_ARENA_LIVE;
    }
}

void run_arenas_free(struct run_arenas *arenas) {
    free(arenas->items);
    *arenas = (struct run_arenas){0};
}

struct image *run_arenas_read_live(uint32_t pid, uint64_t session) {
    struct arena_file file;
    if (arena_file_find_pid(&file, pid, NULL))
        return NULL;
    struct image *image = file.header.session == session ? arena_file_read(&file, NULL) : NULL;
    arena_file_close(&file);
    return image;
}
