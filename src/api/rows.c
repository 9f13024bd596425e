/* heapline_snapshot_statistics, heapline_snapshot_compare_to and their rows. */
#include <stdlib.h>
#include <string.h>
#include "analysis/row_order.h"
#include "analysis/statistics.h"
#include "api/frame.h"
#include "api/pause.h"
#include "api/snapshot.h"
#include "base/error.h"
#include "base/huge.h"

struct heapline_rows { /* lies in its pool */
    struct pool pool;
    struct heapline_row *rows;
    size_t count;
};

struct grouping {
    struct heapline_rows *rows;
    struct statistics statistics;
    struct heapline_traceback *tracebacks; /* of each row, in the order in which they were met */
    struct heapline_frame *frames;         /* of all of them; what is left */
    const struct heapline_frame *
        *begin[SIDES]; /* [node]: where its whole path is written already */
    unsigned flags;
};

static const struct {
    enum statistics_key key;
    int can_cumulate;
} keys[] = {
    [HEAPLINE_BY_LINENO] = {BY_LINENO, 1},       [HEAPLINE_BY_FILENAME] = {BY_FILENAME, 1},
    [HEAPLINE_BY_TRACEBACK] = {BY_TRACEBACK, 0}, [HEAPLINE_BY_FUNCTION] = {BY_FUNCTION, 1},
    [HEAPLINE_BY_MODULE] = {BY_MODULE, 1},       [HEAPLINE_BY_DOMAIN] = {BY_DOMAIN, 0},
    [HEAPLINE_BY_TYPE] = {BY_TYPE, 0},
};

static int check(const char *call, int key, unsigned flags, struct heapline_error *err) {
    const char *problem = NULL;
    if (key < HEAPLINE_BY_LINENO || key > HEAPLINE_BY_TYPE)
        problem = "unknown key";
    else if (flags & ~(unsigned)(HEAPLINE_CUMULATIVE | HEAPLINE_WITH_FREED))
        problem = "unknown flags";
    else if (flags & HEAPLINE_CUMULATIVE && !keys[key].can_cumulate)
        problem = "this key cannot be cumulative";
    return problem ? (snapshot_refuse(err, call, problem), -1) : 0;
}

/* --- Rows as the public header has them --- */

/* How many frames a row has. */
static size_t frames_of(const struct grouping *g, const struct statistics_row *row) {
    switch (g->statistics.options.by) {
    case BY_LINENO:
    case BY_FILENAME:
        return 1;
    case BY_TRACEBACK:
        return traceback_part(&g->statistics.keys, row->key)->length;
    default:
        return 0;
    }
}

static void put_place(struct heapline_frame *frame, const struct statistics_row *row) {
    *frame = (struct heapline_frame){.file = row->file,
                                     .function = row->function,
                                     .module = row->module,
                                     .line = frame_line(row->line)};
}

/* The heaviest path of the row tells more of its frames than the key does. What it shares with an
 * earlier one, from the oldest frame on, is copied. */
static void put_path(struct grouping *g, struct heapline_frame *frames, size_t count,
                     const struct statistics_row *row) {
    struct statistics_source *sources = g->statistics.sources;
    enum statistics_side side =
        row->path.symbols == sources[SIDE_NEW].frames.symbols ? SIDE_NEW : SIDE_OLD;
    struct path path = row->path;
    while (count > 0) {
        const struct heapline_frame **begin = &g->begin[side][path.node];
        if (!path.index && *begin) {
            memcpy(frames, *begin, count * sizeof *frames);
            return;
        }
        if (!path.index)
            *begin = frames;
        frames[--count] = frame_public(shared_frames_next(&sources[side].frames, &path));
    }
}

static struct heapline_traceback make_traceback(struct grouping *g,
                                                const struct statistics_row *row) {
    size_t count = frames_of(g, row);
    struct heapline_frame *frames = g->frames;
    g->frames += count;
    if (g->statistics.options.by == BY_TRACEBACK)
        put_path(g, frames, count, row);
    else if (count)
        put_place(frames, row);
    return (struct heapline_traceback){count ? frames : NULL, (int)count, -1};
}

static int is_live(const struct statistics_row *row) {
    const struct heapline_count *new = &row->side[SIDE_NEW].current;
    const struct heapline_count *old = &row->side[SIDE_OLD].current;
    return new->bytes || new->count || old->bytes || old->count;
}

static int is_wanted(const struct grouping *g, const struct statistics_row *row) {
    return g->flags & HEAPLINE_WITH_FREED || is_live(row);
}

static void *new_array(struct grouping *g, size_t count, size_t size) {
    void *array = pool_array(&g->rows->pool, count, size);
    huge_prefer(array, count * size);
    g->statistics.failed |= !array;
    return array;
}

static int has_image(const struct grouping *g, int side) {
    return g->statistics.sources[side].frames.symbols != NULL;
}

static void begin_paths(struct grouping *g) {
    for (int side = 0; side < SIDES && g->statistics.options.by == BY_TRACEBACK; side++) {
        if (!has_image(g, side))
            continue;
        const struct image *image = symbols_image(g->statistics.sources[side].frames.symbols);
        g->begin[side] = huge_calloc(image->node_count, sizeof *g->begin[side]);
        g->statistics.failed |= !g->begin[side];
    }
}

/* Before they are sorted: neighbours share callers then, which are at hand. */
static void make_tracebacks(struct grouping *g) {
    struct statistics *s = &g->statistics;
    size_t frames = 0;
    for (size_t i = 0; i < s->count; i++)
        frames += is_wanted(g, &s->rows[i]) ? frames_of(g, &s->rows[i]) : 0;
    g->frames = new_array(g, frames, sizeof *g->frames);
    g->tracebacks = huge_calloc(s->count + 1, sizeof *g->tracebacks);
    s->failed |= !g->tracebacks;
    begin_paths(g);
    for (size_t i = 0; i < s->count && !s->failed; i++)
        if (is_wanted(g, &s->rows[i]))
            g->tracebacks[i] = make_traceback(g, &s->rows[i]);
}

static struct heapline_row public_row(const struct grouping *g, uint32_t index) {
    const struct statistics_row *row = &g->statistics.rows[index];
    const struct amounts *new = &row->side[SIDE_NEW], *old = &row->side[SIDE_OLD];
    return (struct heapline_row){.traceback = g->tracebacks[index],
                                 .name = row->name,
                                 .size = new->current.bytes,
                                 .count = new->current.count,
                                 .size_diff = (int64_t)(new->current.bytes - old->current.bytes),
                                 .count_diff = (int64_t)(new->current.count - old->current.count),
                                 .peak = new->peak,
                                 .total = new->total,
                                 .temporary = new->temporary,
                                 .is_diff = g->statistics.is_diff};
}

static int make_rows(struct grouping *g) {
    const struct statistics *s = &g->statistics;
    struct heapline_rows *rows = g->rows;
    rows->rows = new_array(g, s->count, sizeof *rows->rows);
    if (s->failed)
        return -1;
    for (size_t i = 0; i < s->count; i++)
        if (is_wanted(g, statistics_sorted(s, i)))
            rows->rows[rows->count++] = public_row(g, s->order[i]);
    return 0;
}

/* --- Grouping --- */

static int add_side(struct grouping *g, const struct heapline_snapshot *s,
                    enum statistics_side side, struct heapline_error *err) {
    struct symbols *symbols = source_symbols(s->source, err);
    return symbols ? statistics_add(&g->statistics, symbols, s->view.sites, s->view.site_count,
                                    side, err)
                   : -1;
}

static int group(struct grouping *g, const struct heapline_snapshot *new,
                 const struct heapline_snapshot *old, struct heapline_error *err) {
    source_lock(new->source, old ? old->source : NULL);
    int result = add_side(g, new, SIDE_NEW, err);
    if (!result && old)
        result = add_side(g, old, SIDE_OLD, err);
    if (!result)
        make_tracebacks(g);
    source_unlock(new->source, old ? old->source : NULL);
    if (!result)
        result = statistics_sort(&g->statistics, err);
    if (!result && make_rows(g))
        result = error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no memory for the rows");
    return result;
}

static struct heapline_rows *rows_new(struct heapline_error *err) {
    struct pool pool = {0};
    struct heapline_rows *rows = pool_alloc(&pool, sizeof *rows);
    if (rows)
        rows->pool = pool;
    else
        error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no memory for the rows");
    return rows;
}

static struct heapline_rows *make(const struct heapline_snapshot *new,
                                  const struct heapline_snapshot *old, int key, unsigned flags,
                                  struct heapline_error *err) {
    struct statistics_options options = {.by = keys[key].key,
                                         .cumulative = (flags & HEAPLINE_CUMULATIVE) != 0};
    struct grouping g = {.rows = rows_new(err), .flags = flags};
    if (!g.rows)
        return NULL;
    int result = statistics_init(&g.statistics, &options, &g.rows->pool, err);
    if (!result)
        result = group(&g, new, old, err);
    statistics_fini(&g.statistics);
    free(g.tracebacks);
    free(g.begin[SIDE_NEW]);
    free(g.begin[SIDE_OLD]);
    if (!result)
        return g.rows;
    heapline_rows_free(g.rows);
    return NULL;
}

struct heapline_rows *heapline_snapshot_statistics(const struct heapline_snapshot *s, int key,
                                                   unsigned flags, struct heapline_error *err) {
    PAUSE_TRACING();
    if (snapshot_read(s, __func__, err) || check(__func__, key, flags, err))
        return NULL;
    return make(s, NULL, key, flags, err);
}

struct heapline_rows *heapline_snapshot_compare_to(const struct heapline_snapshot *s,
                                                   const struct heapline_snapshot *old, int key,
                                                   unsigned flags, struct heapline_error *err) {
    PAUSE_TRACING();
    if (snapshot_read(s, __func__, err) || snapshot_read(old, __func__, err) ||
        check(__func__, key, flags, err))
        return NULL;
    return make(s, old, key, flags, err);
}

size_t heapline_rows_get(const struct heapline_rows *rows, const struct heapline_row **out) {
    if (out)
        *out = rows ? rows->rows : NULL;
    return rows ? rows->count : 0;
}

void heapline_rows_free(struct heapline_rows *rows) {
    if (!rows)
        return;
    struct pool pool = rows->pool;
    pool_fini(&pool);
}
