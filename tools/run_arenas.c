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

static int is_known(const struct run_arenas *arenas, const char *name) {
    for (size_t i = 0; i < arenas->count; i++)
        if (!strcmp(arenas->items[i].name, name))
            return 1;
    return 0;
}

static void add(struct run_arenas *arenas, const struct arena_file *file, int gone) {
    struct run_arena *items = reallocarray(arenas->items, arenas->count + 1, sizeof *items);
    if (!items)
        abort();
    arenas->items = items;
    struct run_arena *arena = &items[arenas->count++];
    *arena = (struct run_arena){.header = file->header, .gone = gone};
    memcpy(arena->name, file->name, sizeof arena->name);
}

/* Returns how many of the new ones are gone. */
static size_t add_new(struct run_arenas *arenas, int dirfd, uint64_t session,
                      const struct run_child *child) {
    struct arena_list list = {.dirfd = dirfd};
    struct arena_file file;
    size_t gone_count = 0;
    for (const char *name; (name = arena_list_next(&list));) {
        if (is_known(arenas, name) || arena_file_open(&file, dirfd, name, NULL))
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

static int has_later_image(const struct run_arenas *arenas, const struct arena_header *h) {
    for (size_t i = 0; i < arenas->count; i++) {
        const struct arena_header *other = &arenas->items[i].header;
        if (other->pid == h->pid && other->start_ticks == h->start_ticks &&
            other->pid_namespace == h->pid_namespace && other->image > h->image)
            return 1;
    }
    return 0;
}

void run_arenas_list(struct run_arenas *arenas, int dirfd, uint64_t session,
                     const struct run_child *child) {
    *arenas = (struct run_arenas){0};
    /* Between our reading the directory and our finding a process gone it may have made another
     * image. Once it is gone it makes no more, so a second look sees all of them. */
    int look_again = add_new(arenas, dirfd, session, child) > 0;
    size_t judged = arenas->count;
    if (look_again)
        add_new(arenas, dirfd, session, child);
    for (size_t i = 0; i < arenas->count; i++) {
        struct run_arena *a = &arenas->items[i];
        a->state = has_later_image(arenas, &a->header) ? RUN_ARENA_REPLACED
                   : a->gone && i < judged             ? RUN_ARENA_LAST
                                                       : RUN_ARENA_LIVE;
    }
}

void run_arenas_free(struct run_arenas *arenas) {
    free(arenas->items);
    *arenas = (struct run_arenas){0};
}
