#include "gc/debug.h"
#include <time.h>
#include "base/sys.h"
#include "base/text.h"
#include "gc/publish.h"
#include "heapline_objects.h"

enum { LINE = 400, TENTHS_OF_MS = 100000 };

static void write_line(const struct text *t) {
    sys_call(SYS_write, 2, (long)t->buf, (long)(t->length < t->size ? t->length : t->size - 1), 0,
             0, 0);
}

static void append_object(struct text *t, const struct hgc_object *o) {
    text_string(t, "<");
    text_string(t, type_of(o)->name);
    text_string(t, " 0x");
    text_hex(t, (uintptr_t)o);
    text_string(t, ">");
}

void debug_object(struct hgc_runtime *rt, const char *what, const struct hgc_object *o) {
    const char *creation = publish_creation(rt, o);
    char line[LINE + LINE];
    struct text t;
    text_init(&t, line, sizeof line);
    text_string(&t, "gc: ");
    text_string(&t, what);
    text_string(&t, " ");
    append_object(&t, o);
    text_string(&t, creation ? " made at " : "");
    text_string(&t, creation ? creation : "");
    text_string(&t, "\n");
    write_line(&t);
}

void debug_start(const struct hgc_runtime *rt, int generation) {
    char line[LINE];
    struct text t;
    text_init(&t, line, sizeof line);
    text_string(&t, "gc: collecting generation ");
    text_decimal(&t, (uint64_t)generation);
    text_string(&t, "...\ngc: objects in each generation:");
    for (int i = 0; i < GENERATIONS; i++) {
        text_string(&t, " ");
        text_decimal(&t, (uint64_t)(rt->tracked[i] + (i == OLDEST ? rt->tracked[SLICED] : 0)));
    }
    text_string(&t, "\ngc: objects in permanent generation: ");
    text_decimal(&t, (uint64_t)rt->tracked[FROZEN]);
    text_string(&t, "\n");
    write_line(&t);
}

/* Seconds with four decimals. */
static void append_seconds(struct text *t, uint64_t nanoseconds) {
    uint64_t tenths = (nanoseconds + TENTHS_OF_MS / 2) / TENTHS_OF_MS;
    char decimals[] = {'.', 0, 0, 0, 0, 0};
    for (int i = 4, rest = (int)(tenths % 10000); i; i--, rest /= 10)
        decimals[i] = (char)('0' + rest % 10);
    text_decimal(t, tenths / 10000);
    text_string(t, decimals);
}

void debug_done(int64_t unreachable, int64_t uncollectable, uint64_t nanoseconds) {
    char line[LINE];
    struct text t;
    text_init(&t, line, sizeof line);
    text_string(&t, "gc: done, ");
    text_decimal(&t, (uint64_t)unreachable);
    text_string(&t, " unreachable, ");
    text_decimal(&t, (uint64_t)uncollectable);
    text_string(&t, " uncollectable, ");
    append_seconds(&t, nanoseconds);
    text_string(&t, "s elapsed\n");
    write_line(&t);
}

void debug_garbage(struct hgc_runtime *rt) {
    int64_t count = hgc_len(rt->garbage);
    if (count <= 0 || rt->debug & HGC_DEBUG_SAVEALL)
        return;
    char line[LINE];
    struct text t;
    text_init(&t, line, sizeof line);
    text_string(&t, "gc: ");
    text_decimal(&t, (uint64_t)count);
    text_string(&t, " uncollectable objects at shutdown");
    text_string(&t, rt->debug & HGC_DEBUG_UNCOLLECTABLE
                        ? "\n"
                        : "; use hgc_set_debug(HGC_DEBUG_UNCOLLECTABLE) to list them\n");
    write_line(&t);
    for (int64_t i = 0; rt->debug & HGC_DEBUG_UNCOLLECTABLE && i < count; i++)
        debug_object(rt, "uncollectable", hgc_get_borrow(rt->garbage, i));
}

uint64_t debug_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void runtime_report_unraisable(struct hgc_runtime *rt, struct hgc_object *o) {
    if (rt->unraisable) {
        rt->unraisable(rt, o, rt->unraisable_arg);
        return;
    }
    char line[LINE];
    struct text t;
    text_init(&t, line, sizeof line);
    text_string(&t, "Error ignored in: ");
    if (o)
        append_object(&t, o);
    else
        text_string(&t, "callback");
    text_string(&t, ": ");
    text_string(&t, rt->error->message);
    text_string(&t, "\n");
    write_line(&t);
}
