#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "output_path.h"

char *output_path_expand(const char *pattern, const struct output_name *values) {
    struct text name;
    char nothing[1];
    text_init(&name, nothing, sizeof nothing);
    output_name_expand(&name, pattern, values);
    size_t size = name.length + 1;
    char *path = malloc(size);
    if (!path)
        abort();
    text_init(&name, path, size);
    output_name_expand(&name, pattern, values);
    return path;
}

/* What differs between the files becomes a star; a percent sign and the host are what they are. */
static char *with_stars(const char *pattern) {
    char *stars = strdup(pattern), *to = stars;
    if (!stars)
        abort();
    for (const char *p = pattern; *p; p++)
        if (*p == '%' && p[1] && strchr("pet", p[1])) {
            *to++ = '*';
            p++;
        } else {
            *to++ = *p;
            if (*p == '%' && p[1])
                *to++ = *++p;
        }
    *to = 0;
    return stars;
}

static const char suffix[] = ".snap";

/* Where `part` goes in: before a last .snap that is not the whole name. */
static size_t stem_length(const char *path) {
    size_t length = strlen(path), tail = sizeof suffix - 1;
    int has_suffix =
        length > tail && !strcmp(path + length - tail, suffix) && path[length - tail - 1] != '/';
    return has_suffix ? length - tail : length;
}

char *output_path_glob(const char *pattern) {
    static const struct output_name unused = {.exe = ""};
    char *stars = with_stars(pattern), *path = output_path_expand(stars, &unused), *glob;
    int stem = (int)stem_length(path), failed;
    if (output_name_has_pid(pattern))
        failed = asprintf(&glob, "%s", path) < 0;
    else if (path[stem])
        failed = asprintf(&glob, "%.*s.*%s*", stem, path, path + stem + 1) < 0;
    else
        failed = asprintf(&glob, "%s%s", path, path[stem - 1] == '*' ? "" : "*") < 0;
    if (failed)
        abort();
    free(path);
    free(stars);
    return glob;
}

char *output_path_insert(const char *path, const char *part) {
    int stem = (int)stem_length(path);
    char *text;
    if (asprintf(&text, "%.*s.%s%s", stem, path, part, path + stem) < 0)
        abort();
    return text;
}
