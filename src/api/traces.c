/* heapline_snapshot_traces. */
#include <stdlib.h>
#include "analysis/path.h"
#include "api/frame.h"
#include "api/pause.h"
#include "api/snapshot.h"

struct maker {
    struct heapline_snapshot *s;
    struct symbols *symbols;
    struct heapline_traceback *tracebacks; /* [node]: frames NULL: not made yet */
    struct heapline_trace *traces;
    size_t count;
};

/* The frames of a path, the oldest first. */
static int make_traceback(struct maker *m, uint32_t node, struct heapline_traceback *to) {
    struct path start = path_blame(m->symbols, node, BLAME_DEFAULT), path = start;
    int count = 0;
    while (path_next(&path))
        count++;
    struct heapline_frame *frames = pool_array(&m->s->pool, (size_t)count, sizeof *frames);
    if (!frames)
        return -1;
    path = start;
    for (int i = count; i-- > 0;)
        frames[i] = frame_public(path_next(&path));
    *to = (struct heapline_traceback){frames, count, -1};
    return 0;
}

static int total_of(int stored, int32_t cut) {
    int64_t total = (int64_t)stored + cut;
    if (cut == IMAGE_CUT_UNKNOWN)
        return -1;
    return total < 0 ? 0 : total > INT_MAX ? INT_MAX : (int)total;
}

/* What all traces of a site have in common. */
static int begin_trace(struct maker *m, const struct image_site *site, struct heapline_trace *t) {
    const struct image *image = &m->s->view;
    struct heapline_traceback *traceback = &m->tracebacks[site->node];
    if (!traceback->frames && make_traceback(m, site->node, traceback))
        return -1;
    *t = (struct heapline_trace){
        .traceback = *traceback, .type = image->types[site->type], .domain = site->domain};
    t->traceback.total_nframe = total_of(traceback->nframe, site->cut);
    return 0;
}

static int add_block(struct maker *m, const struct image_block *block) {
    struct heapline_trace *t = &m->traces[m->count];
    if (begin_trace(m, &m->s->view.sites[block->site], t))
        return -1;
    t->block = (uintptr_t)block->address;
    t->current = t->total = (struct heapline_count){block->size, 1};
    m->count++;
    return 0;
}

static int add_site(struct maker *m, const struct image_site *site) {
    struct heapline_trace *t = &m->traces[m->count];
    if (begin_trace(m, site, t))
        return -1;
    t->current = site->current;
    t->peak = site->peak;
    t->total = site->total;
    t->temporary = site->temporary;
    m->count++;
    return 0;
}

/* Where blocks are known, they stand for their sites; of the others only what is live. */
static int add_all(struct maker *m) {
    const struct image *image = &m->s->view;
    uint8_t *has_block = calloc((size_t)image->site_count + 1, 1);
    int failed = !has_block;
    for (uint32_t i = 0; !failed && i < image->block_count; i++) {
        has_block[image->blocks[i].site] = 1;
        failed = add_block(m, &image->blocks[i]);
    }
    for (uint32_t i = 0; !failed && i < image->site_count; i++) {
        const struct image_site *site = &image->sites[i];
        if (!image->has_blocks || (!has_block[i] && site->current.count))
            failed = add_site(m, site);
    }
    free(has_block);
    return failed;
}

static int make(struct heapline_snapshot *s) {
    struct maker m = {.s = s, .symbols = source_symbols(s->source, NULL)};
    size_t most = (size_t)s->view.site_count + s->view.block_count;
    m.tracebacks = calloc(s->view.node_count, sizeof *m.tracebacks);
    m.traces = pool_array(&s->pool, most, sizeof *m.traces);
    int failed = !m.symbols || !m.tracebacks || !m.traces || add_all(&m);
    failed = failed || symbols_failed(m.symbols);
    free(m.tracebacks);
    if (failed)
        return -1;
    s->traces = m.traces;
    s->trace_count = m.count;
    return 0;
}

size_t heapline_snapshot_traces(const struct heapline_snapshot *snapshot,
                                const struct heapline_trace **out) {
    PAUSE_TRACING();
    struct heapline_snapshot *s = (struct heapline_snapshot *)snapshot;
    int failed = snapshot_read(s, __func__, NULL);
    if (!failed) {
        source_lock(s->source, NULL);
        failed = s->traces ? 0 : make(s);
        source_unlock(s->source, NULL);
    }
    if (out)
        *out = failed ? NULL : s->traces;
    return failed ? 0 : s->trace_count;
}
