#include "analysis/debug_search.h"
#include <libgen.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int __attribute__((format(printf, 1, 2))) is_there(const char *format, ...) {
    char *path;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&path, format, arguments);
    va_end(arguments);
    if (length < 0)
        return 1;
    int exists = !access(path, F_OK);
    free(path);
    return exists;
}

static int is_beside(const char *directory, const char *name) {
    return is_there("%s/%s", directory, name);
}

/* In .debug, and below the root in the same directory or in any end of its path. */
static int is_apart(const char *directory, const char *name) {
    int found =
        is_there("%s/.debug/%s", directory, name) || is_there(DEBUG_SEARCH_ROOT "/%s", name);
    for (const char *end = directory; !found && (end = strchr(end, '/')); end++)
        found = is_there(DEBUG_SEARCH_ROOT "%s/%s", end, name);
    return found;
}

/* Without a link under the name that one would have, or under its own. */
static int is_named_after(const char *directory, const char *base) {
    char *name;
    if (asprintf(&name, "%s.debug", base) < 0)
        return 1;
    int found =
        is_beside(directory, name) || is_apart(directory, name) || is_apart(directory, base);
    free(name);
    return found;
}

static int is_found_from(const char *file, const char *link) {
    char *copy = strdup(file);
    const char *slash = strrchr(file, '/'), *directory = copy ? dirname(copy) : NULL;
    int found = !copy || (link ? is_beside(directory, link) || is_apart(directory, link)
                               : is_named_after(directory, slash ? slash + 1 : file));
    free(copy);
    return found;
}

static int has_build_id(const uint8_t *build_id, size_t size) {
    char digits[2 * 64 + 1] = "";
    for (size_t i = 0; i < size && i < 64; i++)
        snprintf(digits + 2 * i, 3, "%02x", build_id[i]);
    return size && is_there(DEBUG_SEARCH_ROOT "/.build-id/%.2s/%s.debug", digits, digits + 2);
}

int debug_search_may_find(const char *file, const char *link, const uint8_t *build_id,
                          size_t size) {
    char *real = realpath(file, NULL);
    int found = has_build_id(build_id, size) || is_found_from(file, link) ||
                (real && strcmp(real, file) != 0 && is_found_from(real, link));
    free(real);
    return found;
}
