/* The snapshot calls as a text filter, so that their results can be held against CPython's: reads
 * commands from standard input, a line each, and prints results to standard output. Texts are
 * hexadecimal, "-" stands for none. tracemalloc.py writes the commands and knows the answers.
 *
 *   new SLOT                                        an empty snapshot
 *   trace SLOT DOMAIN SIZE TOTAL [FILE LINE]...     the most recent frame first
 *   rule INCLUSIVE ALL_FRAMES DOMAIN LINE PATTERN   one more filter for the next command
 *   filter FROM TO                                  with all rules so far
 *   reload SLOT                                     dumps and loads it
 *   statistics SLOT KEY FLAGS
 *   compare NEW OLD KEY FLAGS
 *   traces SLOT
 *   format SLOT TRACE LIMIT MOST_RECENT_FIRST
 *   end                                             forgets all snapshots
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "heapline_snapshot.h"

enum { SLOTS = 8, RULES = 16, FRAMES = 64, TEXT = 1 << 16 };

static struct heapline_snapshot *slots[SLOTS];
static struct heapline_filter rules[RULES];
static char patterns[RULES][2048];
static size_t rule_count;
static char *rest; /* of the command */

static void fail(const char *what) {
    fprintf(stderr, "driver: %s\n", what);
    exit(EXIT_FAILURE);
}

static char *word(void) {
    char *found = strtok_r(NULL, " \n", &rest);
    if (!found)
        fail("a word is missing");
    return found;
}

static long long number(void) {
    return strtoll(word(), NULL, 10);
}

static struct heapline_snapshot **slot(void) {
    return &slots[number() % SLOTS];
}

/* In place; NULL for "-". */
static const char *decode(char *hex) {
    size_t length = strlen(hex) / 2;
    if (!strcmp(hex, "-"))
        return NULL;
    for (size_t i = 0; i < length; i++) {
        unsigned byte;
        sscanf(hex + 2 * i, "%2x", &byte);
        hex[i] = (char)byte;
    }
    hex[length] = 0;
    return hex;
}

static void put_hex(const char *text) {
    for (; *text; text++)
        printf("%02x", (unsigned char)*text);
}

/* An empty text is one: "." leads every text that is printed. */
static void put_text(const char *text, int length) {
    if (length < 0 || (size_t)length != strlen(text))
        fail("a text of the wrong length");
    putchar('.');
    put_hex(text);
}

static void put_frames(const struct heapline_traceback *tb) {
    for (int i = tb->nframe; i-- > 0;) {
        fputs(" .", stdout);
        put_hex(tb->frames[i].file);
        printf(" %d", tb->frames[i].line);
    }
    putchar('\n');
}

static void put_rows(struct heapline_rows *rows, const struct heapline_error *err) {
    static char text[TEXT];
    const struct heapline_row *row;
    size_t count = heapline_rows_get(rows, &row);
    if (!rows)
        printf("error %d\n", err->code);
    for (size_t i = 0; i < count; i++, row++) {
        put_text(text, heapline_row_text(row, text, sizeof text));
        printf(" %llu %llu %lld %lld", (unsigned long long)row->size,
               (unsigned long long)row->count, (long long)row->size_diff,
               (long long)row->count_diff);
        put_frames(&row->traceback);
    }
    heapline_rows_free(rows);
}

static void do_new(void) {
    *slot() = heapline_snapshot_new(65535, NULL);
}

static void do_trace(void) {
    struct heapline_frame frames[FRAMES];
    struct heapline_trace t = {0};
    struct heapline_snapshot *s = *slot();
    int first = FRAMES;
    t.domain = (unsigned)number();
    t.current.bytes = (uint64_t)number();
    t.current.count = 1;
    t.traceback.total_nframe = (int)number();
    for (char *file; (file = strtok_r(NULL, " \n", &rest)) && first > 0;)
        frames[--first] = (struct heapline_frame){.file = decode(file + 1), .line = (int)number()};
    t.traceback.frames = frames + first;
    t.traceback.nframe = FRAMES - first;
    if (heapline_snapshot_add(s, &t, NULL))
        fail("a trace is refused");
}

static void do_rule(void) {
    size_t index = rule_count++ % RULES;
    struct heapline_filter *f = &rules[index];
    f->inclusive = (int)number();
    f->all_frames = (int)number();
    f->domain = number();
    f->lineno = (int)number();
    char *pattern = word();
    snprintf(patterns[index], sizeof patterns[index], "%s", pattern + (*pattern == '.'));
    f->filename_pattern = decode(patterns[index]);
}

static void do_filter(void) {
    struct heapline_snapshot **from = slot(), **to = slot();
    *to = heapline_snapshot_filter_traces(*from, rules, rule_count, NULL);
    rule_count = 0;
}

static void do_reload(void) {
    char name[] = "/tmp/heapline-driver.XXXXXX";
    struct heapline_snapshot **s = slot(), *loaded;
    int fd = mkstemp(name);
    if (fd < 0 || close(fd) || unlink(name) || heapline_snapshot_dump(*s, name, NULL))
        fail("cannot dump");
    loaded = heapline_snapshot_load(name, NULL);
    if (!loaded || unlink(name))
        fail("cannot load");
    heapline_snapshot_free(*s);
    *s = loaded;
}

static void do_statistics(void) {
    struct heapline_error err;
    struct heapline_snapshot *s = *slot();
    int key = (int)number();
    put_rows(heapline_snapshot_statistics(s, key, (unsigned)number(), &err), &err);
}

static void do_compare(void) {
    struct heapline_error err;
    struct heapline_snapshot *s = *slot(), *old = *slot();
    int key = (int)number();
    put_rows(heapline_snapshot_compare_to(s, old, key, (unsigned)number(), &err), &err);
}

static void do_traces(void) {
    static char text[TEXT];
    const struct heapline_trace *trace;
    size_t count = heapline_snapshot_traces(*slot(), &trace);
    for (; count--; trace++) {
        put_text(text, heapline_trace_text(trace, text, sizeof text));
        printf(" %u %llu %d", trace->domain, (unsigned long long)trace->current.bytes,
               trace->traceback.total_nframe);
        put_frames(&trace->traceback);
    }
}

static void do_format(void) {
    static char text[TEXT];
    const struct heapline_trace *traces;
    size_t count = heapline_snapshot_traces(*slot(), &traces), which = (size_t)number();
    int limit = (int)number();
    if (which >= count)
        fail("no such trace");
    put_text(text, heapline_traceback_text(&traces[which].traceback, limit, (int)number(), text,
                                           sizeof text));
    putchar('\n');
}

static void do_end(void) {
    for (int i = 0; i < SLOTS; i++) {
        heapline_snapshot_free(slots[i]);
        slots[i] = NULL;
    }
    puts("end");
}

static const struct {
    const char *name;
    void (*run)(void);
} commands[] = {
    {"new", do_new},         {"trace", do_trace},   {"rule", do_rule},
    {"filter", do_filter},   {"reload", do_reload}, {"statistics", do_statistics},
    {"compare", do_compare}, {"traces", do_traces}, {"format", do_format},
    {"end", do_end},
};

static void run(char *line) {
    const char *name = strtok_r(line, " \n", &rest);
    for (size_t i = 0; name && i < sizeof commands / sizeof *commands; i++)
        if (!strcmp(commands[i].name, name)) {
            commands[i].run();
            return;
        }
    fail("unknown command");
}

int main(void) {
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0)
        run(line);
    free(line);
    return ferror(stdout) || fflush(stdout) ? EXIT_FAILURE : EXIT_SUCCESS;
}
