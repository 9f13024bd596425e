/* Snapshots of given traces for the tests of src/api, through the public calls alone. A call path
 * is a text such as "a.py:2 b.py:4", the most recent frame first, as the tables of tracemalloc's
 * tests have it.
 */
#ifndef UNIT_SNAPSHOT_FIXTURE_H
#define UNIT_SNAPSHOT_FIXTURE_H

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "heapline_snapshot.h"
#include "suite.h"

enum { PATH_FRAMES = 16, TEXT_SIZE = 512 };

struct path_text { /* a parsed call path */
    char text[TEXT_SIZE];
    struct heapline_frame frames[PATH_FRAMES];
    struct heapline_traceback traceback;
};

/* Frames are filled from the end: the text begins with the most recent one. */
static inline struct heapline_traceback *path_parse(struct path_text *p, const char *text) {
    int count = 0;
    snprintf(p->text, sizeof p->text, "%s", text);
    for (char *rest, *word = strtok_r(p->text, " ", &rest); word;
         word = strtok_r(NULL, " ", &rest)) {
        char *colon = strrchr(word, ':');
        ck_assert_int_lt(count, PATH_FRAMES);
        *colon = 0;
        p->frames[PATH_FRAMES - ++count] =
            (struct heapline_frame){.file = word, .line = atoi(colon + 1)};
    }
    p->traceback = (struct heapline_traceback){&p->frames[PATH_FRAMES - count], count, -1};
    return &p->traceback;
}

static inline struct heapline_snapshot *new_snapshot(void) {
    struct heapline_error err;
    struct heapline_snapshot *s = heapline_snapshot_new(100, &err);
    ck_assert_msg(s != NULL, "%s", err.message);
    return s;
}

static inline void add(struct heapline_snapshot *s, unsigned domain, uint64_t size,
                       const char *path) {
    struct path_text p;
    struct heapline_error err;
    struct heapline_trace t = {.traceback = *path_parse(&p, path), .domain = domain};
    t.current = t.peak = t.total = (struct heapline_count){size, 1};
    ck_assert_msg(!heapline_snapshot_add(s, &t, &err), "%s", err.message);
}

/* The two sets of tracemalloc's own tests. */
static inline struct heapline_snapshot *snapshot_t1(void) {
    struct heapline_snapshot *s = new_snapshot();
    for (int i = 0; i < 3; i++)
        add(s, 0, 10, "a.py:2 b.py:4");
    add(s, 1, 2, "a.py:5 b.py:4");
    add(s, 2, 66, "b.py:1");
    add(s, 3, 7, "<unknown>:0");
    return s;
}

static inline struct heapline_snapshot *snapshot_t2(void) {
    struct heapline_snapshot *s = new_snapshot();
    for (int i = 0; i < 3; i++)
        add(s, 0, 10, "a.py:2 b.py:4");
    add(s, 2, 2, "a.py:5 b.py:4");
    add(s, 2, 5000, "a.py:5 b.py:4");
    add(s, 4, 400, "c.py:578");
    return s;
}

/* The rows' texts, one a line. */
static inline const char *rows_text(struct heapline_rows *rows) {
    static char all[1 << 14];
    const struct heapline_row *row;
    size_t count = heapline_rows_get(rows, &row), length = 0;
    ck_assert_ptr_nonnull(rows);
    all[0] = 0;
    for (size_t i = 0; i < count; i++) {
        int n = heapline_row_text(&row[i], all + length, sizeof all - length);
        ck_assert_int_gt(n, 0);
        length += (size_t)n;
        length += (size_t)snprintf(all + length, sizeof all - length, "\n");
    }
    heapline_rows_free(rows);
    return all;
}

static inline const char *statistics_text(const struct heapline_snapshot *s, int key,
                                          unsigned flags) {
    return rows_text(heapline_snapshot_statistics(s, key, flags, NULL));
}

static inline const char *difference_text(const struct heapline_snapshot *s,
                                          const struct heapline_snapshot *old, int key,
                                          unsigned flags) {
    return rows_text(heapline_snapshot_compare_to(s, old, key, flags, NULL));
}

static inline Suite *suite_of(const char *name, TCase *tests) {
    Suite *suite = suite_create(name);
    suite_add_tcase(suite, tests);
    return suite;
}

static inline int run_suite(Suite *suite) {
    return suite_run(suite);
}

#endif
