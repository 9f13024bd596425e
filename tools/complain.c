#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "command.h"

int is_control(const char *s) {
    const unsigned char *u = (const unsigned char *)s;
    return *u < 0x20 || *u == 0x7f || (u[0] == 0xc2 && u[1] >= 0x80 && u[1] < 0xa0);
}

void print_escaped(FILE *out, const char *s) {
    for (; *s; s++)
        if (is_control(s))
            fprintf(out, "\\x%02x", (unsigned char)*s);
        else
            putc(*s, out);
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
