#include <string.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/text.h"
#include "heapline.h"
#include "snapshot/output_name.h"
#include "tracer/settings.h"

/* Digits of `base` only, at most `max`; 0 or -1. */
static int parse(const char *s, unsigned base, uint64_t max, uint64_t *value) {
    *value = 0;
    if (*s == '\0')
        return -1;
    for (; *s != '\0'; s++) {
        unsigned digit = *s >= 'a' ? (unsigned)(*s - 'a') + 10 : (unsigned)(*s - '0');
        if (digit >= base || digit > max || *value > (max - digit) / base)
            return -1;
        *value = *value * base + digit;
    }
    return 0;
}

static const struct variable {
    const char *name, *wanted;
    uint64_t max;
    unsigned base;
} variables[] = {
    {"HEAPLINE_START", "0 or 1", 1, 10},
    {"HEAPLINE_CHILDREN", "0 or 1", 1, 10},
    {"HEAPLINE_NFRAME", "a number of frames from 0 (all) to 65535", HEAPLINE_NFRAME_MAX, 10},
    {"HEAPLINE_SESSION", "a hexadecimal number", UINT64_MAX - 16, 16},
    {"HEAPLINE_PID", "a process id", INT32_MAX, 10},
};
enum { START, CHILDREN, NFRAME, SESSION, PID, VARIABLES };

static void complain(const char *name, const char *value, const char *wanted) {
    char line[256];
    struct text t;
    text_init(&t, line, sizeof line);
    text_string(&t, "heapline: ");
    text_string(&t, name);
    text_string(&t, "=");
    text_bytes(&t, value, strnlen(value, 60));
    text_string(&t, ": not ");
    text_string(&t, wanted);
    text_string(&t, " (tracing is off)\n");
    sys_call(SYS_write, 2, (long)line, (long)strlen(line), 0, 0, 0);
}

/* The environment before the C library has looked at it: above the arguments, where the kernel put
 * it. The first event may be that early. */
static char **first_environment(void) {
    extern void *__libc_stack_end;
    const long *argc = __libc_stack_end;
    return (char **)(argc + 1 + *argc + 1);
}

static const char *variable_value(const char *name) {
    size_t length = strlen(name);
    for (char **e = environ != NULL ? environ : first_environment(); *e != NULL; e++)
        if (strncmp(*e, name, length) == 0 && (*e)[length] == '=')
            return *e + length + 1;
    return NULL;
}

static int is_preloaded(void) {
    const char *preload = variable_value("LD_PRELOAD");
    return preload != NULL && strstr(preload, "libheapline") != NULL;
}

static const char *not_empty(const char *s) {
    return s != NULL && *s != '\0' ? s : NULL;
}

int settings_read(struct settings *s) {
    uint64_t value[VARIABLES] = {[START] = (uint64_t)is_preloaded(), [CHILDREN] = 1};
    for (int i = 0; i < VARIABLES; i++) {
        const char *given = not_empty(variable_value(variables[i].name));
        if (given == NULL)
            continue;
        if (parse(given, variables[i].base, variables[i].max, &value[i]) != 0) {
            complain(variables[i].name, given, variables[i].wanted);
            return -1;
        }
    }
    s->start = (int)value[START];
    s->writes = s->start || is_preloaded() || not_empty(variable_value("HEAPLINE_OUTPUT")) != NULL;
    s->children = (int)value[CHILDREN];
    s->nframe = (uint32_t)value[NFRAME];
    s->session = value[SESSION];
    s->only_pid = (uint32_t)value[PID];
    s->output = not_empty(variable_value("HEAPLINE_OUTPUT"));
    s->directory = not_empty(variable_value("HEAPLINE_DIR"));
    if (s->output == NULL || output_name_check(s->output) == 0)
        return 0;
    complain("HEAPLINE_OUTPUT", s->output, "a name where only %p, %e, %h, %t and %% follow a %");
    return -1;
}
