#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "command.h"

/* C0 controls and DEL, and the C1 controls as UTF-8 writes them: a name must not move the cursor.
 */
static int is_control(const unsigned char *s) {
    return *s < 0x20 || *s == 0x7f || (s[0] == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0);
}

void print_escaped(FILE *out, const char *s) {
    for (const unsigned char *p = (const unsigned char *)s; *p; p++)
        if (is_control(p))
            fprintf(out, "\\x%02x", *p);
        else
            putc(*p, out);
}

/* In one piece, so that the lines of several processes do not mix. */
static void write_line(const char *what, const char *problem) {
    char *line = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&line, &size);
    if (!out)
        return;
    fputs("heapline: ", out);
    if (what) {
        print_escaped(out, what);
        fputs(": ", out);
    }
    print_escaped(out, problem);
    putc('\n', out);
    fclose(out);
    ssize_t written = write(STDERR_FILENO, line, size);
    (void)written; /* nowhere left to say so */
    free(line);
}

int complain(int status, const char *what, const char *format, ...) {
    char *problem = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&problem, format, args) < 0)
        problem = NULL;
    va_end(args);
    write_line(what, problem ? problem : format);
    free(problem);
    return status;
}

int complain_error(const struct heapline_error *err) {
    switch (err->code) {
    case HEAPLINE_BAD_ARGUMENT:
        return complain(EXIT_USAGE, NULL, "%s", err->message);
    case HEAPLINE_NO_PROCESS:
        return complain(EXIT_NO_PROCESS, NULL, "%s", err->message);
    default:
        return complain(EXIT_BAD_INPUT, NULL, "%s", err->message);
    }
}
