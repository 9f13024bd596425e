#include "analysis/source_path.h"
#include <stdio.h>
#include <string.h>

/* Cuts the last component; 0 where there is none that ".." could take back. */
static int take_back(const char *start, char **end) {
    char *at = *end;
    while (at > start && at[-1] != '/')
        at--;
    if (at == *end || (*end - at == 2 && !memcmp(at, "..", 2)))
        return 0;
    *end = at > start ? at - 1 : at;
    return 1;
}

static void append(const char *start, char **end, const char *part, size_t size) {
    if (*end > start)
        *(*end)++ = '/';
    memmove(*end, part, size);
    *end += size;
}

char *source_path_normalize(char *path) {
    char *start = path + (*path == '/'), *end = start, *next;
    for (char *part = start; *part; part = next) {
        size_t size = strcspn(part, "/");
        next = part + size + (part[size] == '/');
        int is_up = size == 2 && part[0] == '.' && part[1] == '.';
        int is_nothing = size == 0 || (size == 1 && *part == '.');
        int is_kept = is_up ? !take_back(start, &end) && start == path : !is_nothing;
        if (is_kept)
            append(start, &end, part, size);
    }
    *end = 0;
    return path;
}

/* "./x" is what -ffile-prefix-map leaves of a whole path. */
static int is_partial(const char *directory, const char *path) {
    size_t size = strlen(directory);
    int is_below = !strncmp(path, directory, size) && path[size] == '/';
    return *path != '/' && strncmp(path, "./", 2) && !is_below;
}

char *source_path_new(const char *directory, const char *path) {
    char *whole;
    int is_joined = directory && *directory && is_partial(directory, path);
    if (asprintf(&whole, "%s%s%s", is_joined ? directory : "", is_joined ? "/" : "", path) < 0)
        return NULL;
    return source_path_normalize(whole);
}
