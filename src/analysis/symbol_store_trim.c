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
    uint64_t size;
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
    *to = (struct stored){.used = st->st_mtim, .size = (uint64_t)st->st_size};
    snprintf(to->name, sizeof to->name, "%s", name);
}

static int by_use(const void *a, const void *b) {
    const struct timespec *x = &((const struct stored *)a)->used;
    const struct timespec *y = &((const struct stored *)b)->used;
    if (x->tv_sec != y->tv_sec)
        return x->tv_sec < y->tv_sec ? 1 : -1;
    return (x->tv_nsec < y->tv_nsec) - (x->tv_nsec > y->tv_nsec);
}

static int is_ours(const char *name) {
    size_t size = strlen(name), suffix = strlen(SYMBOL_STORE_SUFFIX);
    return size > suffix && !strcmp(name + size - suffix, SYMBOL_STORE_SUFFIX);
}

static void list_files(DIR *dir, struct stored_list *list) {
    struct stat st;
    for (struct dirent *entry; (entry = readdir(dir));)
        if (is_ours(entry->d_name) &&
            !fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) && S_ISREG(st.st_mode))
            add(list, entry->d_name, &st);
}

void symbol_store_trim(const char *directory, uint64_t bytes) {
    struct stored_list list = {0};
    uint64_t sum = 0;
    DIR *dir = opendir(directory);
    if (!dir)
        return;
    list_files(dir, &list);
    if (list.count)
        qsort(list.items, list.count, sizeof *list.items, by_use);
    for (size_t i = 0; i < list.count; i++) {
        sum += list.items[i].size;
        if (sum > bytes)
            unlinkat(dirfd(dir), list.items[i].name, 0);
    }
    free(list.items);
    closedir(dir);
}
