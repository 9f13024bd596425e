#include "snapshot/output_name.h"
#include <string.h>
#include <sys/utsname.h>

static const char letters[] = "peht%";

int output_name_check(const char *pattern) {
    for (const char *p = strchr(pattern, '%'); p != NULL; p = strchr(p + 2, '%')) {
        if (p[1] == '\0')
            return '%';
        if (strchr(letters, p[1]) == NULL)
            return (unsigned char)p[1];
    }
    return 0;
}

/* The last part of a path, cut so that a file name has room for more; whole characters only. */
static void append_program(struct text *name, const char *path) {
    enum { MOST = 200 };
    const char *slash = strrchr(path, '/'), *program = slash != NULL ? slash + 1 : path;
    size_t size = strlen(program);
    if (size > MOST)
        for (size = MOST; size > 0 && (program[size] & 0xC0) == 0x80;)
            size--;
    text_bytes(name, program, size);
}

static void expand_letter(struct text *name, char letter, const struct output_name *values) {
    struct utsname host;
    switch (letter) {
    case 'p':
        text_decimal(name, values->pid);
        break;
    case 'e':
        append_program(name, values->exe);
        break;
    case 'h':
        text_string(name, uname(&host) == 0 ? host.nodename : "localhost");
        break;
    case 't':
        text_decimal(name, (uint64_t)values->time);
        break;
    case '%':
        text_string(name, "%");
        break;
    default:
        text_string(name, "%");
        text_bytes(name, &letter, 1);
    }
}

void output_name_expand(struct text *name, const char *pattern, const struct output_name *values) {
    while (*pattern != '\0') {
        size_t plain = strcspn(pattern, "%");
        text_bytes(name, pattern, plain);
        pattern += plain;
        if (pattern[0] == '%' && pattern[1] != '\0') {
            expand_letter(name, pattern[1], values);
            pattern += 2;
        } else if (pattern[0] == '%')
            text_string(name, pattern++);
    }
}

int output_name_has_pid(const char *pattern) {
    for (const char *p = strchr(pattern, '%'); p != NULL && p[1] != '\0'; p = strchr(p + 2, '%'))
        if (p[1] == 'p')
            return 1;
    return 0;
}
