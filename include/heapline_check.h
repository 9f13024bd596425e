/* heapline: assertions about memory, for tests written with Check.
 *
 *     heapline_ck_assert_at_most(4096, parse(text));
 *
 * fails unless what the calling thread allocates in that statement is 4096 bytes at most, and all
 * of it is freed at its end. The message names the lines that kept memory:
 *
 *     parse(text): kept 150 bytes in 2 blocks
 *       parser.c:88 (new_token): 150 bytes in 2 blocks
 *
 * Link with heapline-snapshot, heapline and check. Tracing is started for the statement unless it
 * is on. Check's own assertions allocate: keep them out of the statement. Blocks that the program
 * tracks by itself count too; what realloc makes of a block counts as allocated again. For one
 * thread at a time.
 */
#ifndef HEAPLINE_CHECK_H
#define HEAPLINE_CHECK_H
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "heapline_snapshot.h"

/* `statement` may be a block with declarations and commas; it must come to its end. */
#define heapline_ck_assert_at_most(bytes, ...)                                                   \
    do {                                                                                         \
        struct heapline_ck heapline_ck_ = heapline_ck_begin(0);                                  \
        __VA_ARGS__;                                                                             \
        const char *heapline_ck_failed_ = heapline_ck_end(&heapline_ck_, (bytes), #__VA_ARGS__); \
        if (heapline_ck_failed_)                                                                 \
            ck_abort_msg("%s", heapline_ck_failed_);                                             \
    } while (0)

/* --- The same in two calls, for more than a statement, or for all threads --- */

struct heapline_ck {
    struct heapline_scope *scope;
    int has_started; /* 1: tracing was off before */
};
enum {
    HEAPLINE_CK_LINES = 10,
    HEAPLINE_CK_FRAMES = 32,
    HEAPLINE_CK_BLOCKS = 1000,
    HEAPLINE_CK_TEXT = 5000
};

/* Fails the test where tracing cannot be started. */
static inline struct heapline_ck heapline_ck_begin(int whole_process) {
    struct heapline_error err;
    struct heapline_ck c = {NULL, !heapline_is_tracing()};
    if (heapline_start(1, &err) == 0)
        c.scope = heapline_scope_begin(whole_process, &err);
    if (!c.scope)
        ck_abort_msg("%s", err.message);
    return c;
}

/* Blocks that one call path has kept; then those of one line, of which `text` says which. */
struct heapline_ck_line {
    uintptr_t address[HEAPLINE_CK_FRAMES];
    int nframe;
    struct heapline_count kept;
    char text[256];
};

/* Adds the blocks up by call path; returns how many there are, HEAPLINE_CK_LINES at most. */
static inline int heapline_ck_paths(const struct heapline_scope_block *blocks, size_t count,
                                    struct heapline_ck_line *lines) {
    int used = 0, at;
    for (size_t i = 0; i < count; i++) {
        struct heapline_ck_line one = {{0}, 0, {blocks[i].size, 1}, ""};
        one.nframe = heapline_get_traceback(blocks[i].domain, blocks[i].block, one.address,
                                            HEAPLINE_CK_FRAMES, NULL);
        for (at = 0; at < used; at++)
            if (!memcmp(lines[at].address, one.address, sizeof one.address))
                break;
        if (at < used) {
            lines[at].kept.bytes += one.kept.bytes;
            lines[at].kept.count++;
        } else if (used < HEAPLINE_CK_LINES) {
            lines[used++] = one;
        }
    }
    return used;
}

/* FILE:LINE (FUNCTION) of a call path. */
static inline void heapline_ck_name(struct heapline_ck_line *line) {
    struct heapline_snapshot *s = heapline_symbolize(line->address, line->nframe, NULL);
    const struct heapline_trace *t;
    snprintf(line->text, sizeof line->text, "<unknown>:0");
    if (s && heapline_snapshot_traces(s, &t) && t->traceback.nframe > 0) {
        const struct heapline_frame *f = &t->traceback.frames[t->traceback.nframe - 1];
        snprintf(line->text, sizeof line->text, "%s:%d%s%s%s", f->file, f->line,
                 f->function ? " (" : "", f->function ? f->function : "", f->function ? ")" : "");
    }
    heapline_snapshot_free(s);
}

/* The largest first. */
static inline int heapline_ck_order(const void *a, const void *b) {
    uint64_t x = ((const struct heapline_ck_line *)a)->kept.bytes;
    uint64_t y = ((const struct heapline_ck_line *)b)->kept.bytes;
    return (x < y) - (x > y);
}

/* Call paths that end in the same line become one. */
static inline int heapline_ck_lines(struct heapline_ck_line *lines, int paths) {
    int used = 0, at;
    for (int i = 0; i < paths; i++) {
        heapline_ck_name(&lines[i]);
        for (at = 0; at < used && strcmp(lines[at].text, lines[i].text) != 0; at++) {
        }
        if (at == used) {
            lines[used++] = lines[i];
        } else {
            lines[at].kept.bytes += lines[i].kept.bytes;
            lines[at].kept.count += lines[i].kept.count;
        }
    }
    qsort(lines, (size_t)used, sizeof *lines, heapline_ck_order);
    return used;
}

/* Appends "BEFORE: N bytes in M blocks". */
static inline void heapline_ck_say(char *text, const char *before, struct heapline_count c) {
    size_t length = strlen(text);
    snprintf(text + length, HEAPLINE_CK_TEXT - length, "%s%llu bytes in %llu block%s", before,
             (unsigned long long)c.bytes, (unsigned long long)c.count, c.count == 1 ? "" : "s");
}

static inline void heapline_ck_say_lines(char *text, const struct heapline_scope_block *blocks,
                                         size_t count, struct heapline_count kept) {
    static struct heapline_ck_line lines[HEAPLINE_CK_LINES];
    int used = heapline_ck_lines(lines, heapline_ck_paths(blocks, count, lines));
    for (int i = 0; i < used; i++) {
        char before[sizeof lines->text + 8];
        snprintf(before, sizeof before, "\n  %s: ", lines[i].text);
        heapline_ck_say(text, before, lines[i].kept);
        kept.bytes -= lines[i].kept.bytes;
        kept.count -= lines[i].kept.count;
    }
    if (kept.count > 0)
        heapline_ck_say(text, "\n  elsewhere: ", kept);
}

/* Ends it. NULL if at most so many bytes were allocated and none are kept, else what to say about
 * `what`, in static storage. */
static inline const char *heapline_ck_end(struct heapline_ck *c, uint64_t at_most,
                                          const char *what) {
    static struct heapline_scope_block blocks[HEAPLINE_CK_BLOCKS];
    static char text[HEAPLINE_CK_TEXT];
    struct heapline_scope_result r;
    size_t count = heapline_scope_kept(c->scope, blocks, HEAPLINE_CK_BLOCKS);
    if (count > HEAPLINE_CK_BLOCKS)
        count = HEAPLINE_CK_BLOCKS;
    heapline_scope_end(c->scope, &r);
    heapline_pause_thread();
    snprintf(text, sizeof text, "%.1000s:", what);
    if (r.allocated.bytes > at_most) {
        heapline_ck_say(text, " allocated ", r.allocated);
        snprintf(text + strlen(text), sizeof text - strlen(text), ", at most %llu are due%s",
                 (unsigned long long)at_most, r.kept.count > 0 ? ";" : "");
    }
    if (r.kept.count > 0) {
        heapline_ck_say(text, " kept ", r.kept);
        heapline_ck_say_lines(text, blocks, count, r.kept);
    }
    heapline_resume_thread();
    if (c->has_started)
        heapline_stop();
    return r.allocated.bytes > at_most || r.kept.count > 0 ? text : NULL;
}

#endif
