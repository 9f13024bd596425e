/* symbol_store_trim: see symbol_store.h. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "analysis/symbol_store.h"

struct stored {
    struct timespec used;
    uint64_t size; /* on disk */
    char name[NAME_MAX + 1];
};
struct stored_list {
    struct stored *items;
    size_t count, capacity;
};

static void add(struct stored_list *list, const char *name, const struct stat *st) {
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 64;
        struct stored *items = reallocarray(list->items, capacity, sizeof *items);
        if (!items)
            return;
        list->items = items;
        list->capacity = capacity;
    }
    struct stored *to = &list->items[list->count++];
    *to = (struct stored){.used = st->st_mtim, .size = (uint64_t)st->st_blocks * 512};
    snprintf(to->name, sizeof to->name, "%s", name);
}

static int by_use(const void *a, const void *b) {
    const struct timespec *x = &((const struct stored *)a)->used;
    const struct timespec *y = &((const struct stored *)b)->used;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec < y->tv_sec ? 1 : -1;
    return (x->tv_nsec < y->tv_nsec) - (x->tv_nsec > y->tv_nsec);
}

/* BUILD-ID-HASH.symbols, where there may be no build-id. */
static int is_ours(const char *name) {
    static const char digits[] = "0123456789abcdef", none[] = "none";
    enum { HASH_DIGITS = 8 };
    size_t id = strncmp(name, none, strlen(none)) ? strspn(name, digits) : strlen(none);
    const char *hash = name + id + 1;
    return id && name[id] == '-' && strspn(hash, digits) == HASH_DIGITS &&
           !strcmp(hash + HASH_DIGITS, SYMBOL_STORE_SUFFIX);
}

static void list_files(DIR *dir, struct stored_list *list) {
    struct stat st;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (is_ours(entry->d_name) &&
            !fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode))
            add(list, entry->d_name, &st);
}

void symbol_store_trim(const char *directory, size_t files, uint64_t bytes) {
    struct stored_list list = {0};
    DIR *dir = opendir(directory);
    if (!dir)
        return;
    list_files(dir, &list);
    if (list.count)
        qsort(list.items, list.count, sizeof *list.items, by_use);
    for (size_t i = 0; i < list.count; i++) {
        const struct stored *stored = &list.items[i];
        int stays = files > 0 && stored->size <= bytes;
        if (!stays)
            unlinkat(dirfd(dir), stored->name, 0);
        files -= (size_t)stays;
        bytes -= stays ? stored->size : 0;
    }
    free(list.items);
    closedir(dir);
}
