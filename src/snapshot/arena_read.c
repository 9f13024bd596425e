#include <string.h>
#include "base/arena.h"
#include "base/error.h"
#include "snapshot/arena_layout.h"
#include "snapshot/arena_view.h"
#include "snapshot/image.h"
#include "snapshot/limit.h"

enum { PATH_LIMIT = 4096 };
#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static int check_segment(struct arena_view *v, const struct arena_row *row) {
    uint64_t used = __atomic_load_n(&v->header->segment[row->segment].used, __ATOMIC_ACQUIRE);
    v->used[row->segment] = used;
    return arena_check_extent(v->header, row, used, v->size, v->err);
}

static int check_segments(struct arena_view *v) {
    for (size_t i = 0; i < ARENA_SEGMENTS; i++)
        if (check_segment(v, &arena_rows[i]))
            return -1;
    const struct arena_extent *segment = v->header->segment;
    v->nodes = (const void *)(v->base + segment[ARENA_NODES].offset);
    v->sites = (const void *)(v->base + segment[ARENA_SITES].offset);
    v->stats = (const void *)(v->base + segment[ARENA_STATS].offset);
    v->ledgers = (const void *)(v->base + segment[ARENA_LEDGERS].offset);
    v->modules = (const void *)(v->base + segment[ARENA_MODULES].offset);
    v->strings = v->base + segment[ARENA_STRINGS].offset;
    v->types = (const void *)(v->base + segment[ARENA_TYPES].offset);
    v->domains = (const void *)(v->base + segment[ARENA_DOMAINS].offset);
    v->labels = (const void *)(v->base + segment[ARENA_LABELS].offset);
    v->first_site = (uint32_t)LOAD(segment[ARENA_SITES].first);
    if (v->used[ARENA_STATS] < v->used[ARENA_SITES] || v->first_site < ARENA_SITE_FIRST)
        return arena_view_damaged(v, "sites without counters");
    return 0;
}

/* argv as one block of words, each NUL-terminated. */
static int read_command(struct arena_view *v) {
    const char *block;
    uint32_t size = LOAD(v->header->command_size), count = 0;
    if (arena_view_text(v, &block, LOAD(v->header->command), size))
        return -1;
    for (uint32_t i = 0; i < size; i++)
        count += !block[i];
    const char **words = pool_array(&v->image->pool, count, sizeof *words);
    if (!words)
        return arena_view_no_memory(v);
    for (uint32_t i = 0; i < count; i++, block += strlen(block) + 1)
        words[i] = block;
    v->image->command = words;
    v->image->command_count = count;
    return 0;
}

static int read_end(struct arena_view *v) {
    static const uint32_t ends[] = {[ARENA_RUNNING] = IMAGE_RUNNING,
                                    [ARENA_EXITED] = IMAGE_EXITED,
                                    [ARENA_REPLACED] = IMAGE_REPLACED};
    uint32_t end = LOAD(v->header->end);
    if (end >= COUNT_OF(ends))
        return arena_view_damaged(v, "unknown end");
    v->image->end = ends[end];
    v->image->end_status = LOAD(v->header->end_status);
    return 0;
}

static int read_process(struct arena_view *v) {
    const struct arena_header *h = v->header;
    struct image *image = v->image;
    image->pid = h->pid;
    image->parent_pid = h->parent_pid;
    image->image = h->image;
    image->is_child = h->is_child;
    image->machine = h->machine;
    image->session = h->session;
    image->start_ticks = h->start_ticks;
    image->start_time = h->start_time;
    image->end_time = LOAD(h->end_time);
    return read_end(v) || read_command(v) ||
                   arena_view_text(v, &image->exe, LOAD(h->exe), LOAD(h->exe_size)) ||
                   arena_view_text(v, &image->cwd, LOAD(h->cwd), LOAD(h->cwd_size)) ||
                   arena_view_text(v, &image->output, LOAD(h->output), LOAD(h->output_size))
               ? -1
               : 0;
}

static void read_counters(struct arena_view *v) {
    const struct arena_header *h = v->header;
    struct image *image = v->image;
    image->frees = LOAD(h->frees);
    for (uint64_t i = 0; i < v->used[ARENA_LEDGERS]; i++)
        image->frees += LOAD(v->ledgers[i].frees);
    image->failed = LOAD(h->failed);
    image->threads = LOAD(h->threads);
    image->tracer_bytes = LOAD(h->tracer_bytes);
    image->notes = LOAD(h->notes);
    image->not_seen_events = LOAD(h->not_seen_events);
    image->truncated_stacks = LOAD(h->truncated_stacks);
    image->guessed_frames = LOAD(h->guessed_frames);
    image->foreign_frees = LOAD(h->foreign_frees);
    image->missed_frees = LOAD(h->missed_frees);
}

static int read_module(struct arena_view *v, struct image_module *to,
                       const struct arena_module *from) {
    uint32_t path_size = LOAD(from->path_size), id_size = LOAD(from->build_id_size);
    to->start = LOAD(from->start);
    to->end = LOAD(from->end);
    to->bias = LOAD(from->bias);
    to->flags = LOAD(from->flags);
    if (to->end < to->start || path_size > PATH_LIMIT || id_size > sizeof from->build_id)
        return arena_view_damaged(v, "impossible module");
    to->build_id =
        (const uint8_t *)pool_copy(&v->image->pool, (const char *)from->build_id, id_size);
    to->build_id_size = id_size;
    return to->build_id ? arena_view_text(v, &to->path, LOAD(from->path), path_size)
                        : arena_view_no_memory(v);
}

static int read_modules(struct arena_view *v) {
    struct image *image = v->image;
    image->module_count = (uint32_t)v->used[ARENA_MODULES];
    image->modules = pool_array(&image->pool, image->module_count, sizeof *image->modules);
    if (!image->modules)
        return arena_view_no_memory(v);
    image->modules[0].path = "";
    for (uint32_t i = 1; i < image->module_count; i++)
        if (read_module(v, &image->modules[i], &v->modules[i]))
            return -1;
    return 0;
}

/* The root and <not recorded> stay zero. */
static int read_nodes(struct arena_view *v) {
    struct image *image = v->image;
    image->node_count = (uint32_t)v->used[ARENA_NODES];
    image->nodes = pool_array(&image->pool, image->node_count, sizeof *image->nodes);
    if (!image->nodes)
        return arena_view_no_memory(v);
    for (uint32_t i = ARENA_NODE_NOT_RECORDED + 1; i < image->node_count; i++) {
        uint64_t packed = LOAD(v->nodes[i].ip_module);
        struct image_node *node = &image->nodes[i];
        node->ip = ARENA_IP_UNPACK(packed);
        node->exact = !!(packed & ARENA_IP_EXACT);
        node->module = (uint16_t)(packed >> ARENA_MODULE_SHIFT);
        node->parent = LOAD(v->nodes[i].parent);
        if (node->parent >= i || node->module >= image->module_count)
            return arena_view_damaged(v, "impossible frame");
    }
    return 0;
}

static void read_stat(struct image_site *to, const struct arena_stat *stat, uint64_t epoch) {
    to->current.bytes = LOAD(stat->current_bytes);
    to->current.count = LOAD(stat->current_count);
    to->total.bytes = LOAD(stat->total_bytes);
    to->total.count = LOAD(stat->total_count);
    to->temporary = LOAD(stat->temporary);
    to->peak = to->current;
    if (LOAD(stat->epoch) == epoch)
        to->peak = (struct heapline_count){LOAD(stat->peak_bytes), LOAD(stat->peak_count)};
}

/* The site whose counters the process was about to replace when it ended; 0: none. */
static uint32_t transferred_site(const struct arena_view *v) {
    const struct arena_transfer *t = &v->header->transfer;
    return LOAD(t->active) ? LOAD(t->site) : 0;
}

static int read_site(struct arena_view *v, uint32_t index, uint64_t epoch) {
    const struct arena_site *site = &v->sites[index];
    struct image_site *to = &v->image->sites[index];
    to->node = LOAD(site->node);
    to->domain = LOAD(site->domain);
    to->type = LOAD(site->type);
    if (to->node >= v->image->node_count || to->type >= v->image->type_count)
        return arena_view_damaged(v, "impossible site");
    read_stat(to, index == transferred_site(v) ? &v->header->transfer.after : &v->stats[index],
              epoch);
    return 0;
}

static int is_transferred(const struct arena_view *v, uint64_t ledger, uint64_t delta) {
    const struct arena_transfer *t = &v->header->transfer;
    return transferred_site(v) != 0 && LOAD(t->ledger) == ledger && LOAD(t->delta) == delta;
}

static int read_delta(struct arena_view *v, const struct arena_delta *d) {
    uint32_t site = LOAD(d->site);
    struct image_site *to;
    if (site >= v->used[ARENA_SITES]) /* made since these were counted? */
        return LOAD(v->header->end) == ARENA_RUNNING ? 0
                                                     : arena_view_damaged(v, "impossible ledger");
    if (site < v->first_site) /* of traces that were cleared */
        return 0;
    to = &v->image->sites[site];
    to->current.bytes += LOAD(d->allocated_bytes) - LOAD(d->freed_bytes);
    to->current.count += LOAD(d->allocated_count) - LOAD(d->freed_count);
    to->total.bytes += LOAD(d->allocated_bytes);
    to->total.count += LOAD(d->allocated_count);
    to->temporary += LOAD(d->temporary);
    if (LOAD(v->header->rising))
        to->peak = to->current;
    return 0;
}

static int read_ledgers(struct arena_view *v) {
    for (uint64_t i = 0; i < v->used[ARENA_LEDGERS]; i++)
        for (uint64_t j = 0; j < ARENA_DELTAS; j++)
            if (LOAD(v->ledgers[i].delta[j].site) != 0 && !is_transferred(v, i, j) &&
                read_delta(v, &v->ledgers[i].delta[j]))
                return -1;
    return 0;
}

/* Less than nothing: the owner moved a delta while its parts were being read. */
static uint64_t at_least_none(uint64_t value) {
    return value > INT64_MAX ? 0 : value;
}

/* Leaves out the sites that nothing was ever counted at. `kept` (or NULL) gets 1 + the new index of
 * those that stay. */
static void drop_empty_sites(struct arena_view *v, uint32_t *kept) {
    struct image_site *sites = v->image->sites;
    for (uint32_t i = v->first_site; i < v->used[ARENA_SITES]; i++) {
        sites[i].current.bytes = at_least_none(sites[i].current.bytes);
        sites[i].current.count = at_least_none(sites[i].current.count);
        if (!sites[i].total.count && !sites[i].current.count)
            continue;
        sites[v->image->site_count++] = sites[i];
        if (kept)
            kept[i] = v->image->site_count;
    }
}

static void take_blocks(struct arena_view *v, const uint32_t *kept) {
    struct image *image = v->image;
    for (uint32_t i = 0; i < v->block_count; i++) {
        struct image_block block = v->blocks[i];
        if (block.site >= v->used[ARENA_SITES] || !kept[block.site])
            continue;
        block.site = kept[block.site] - 1;
        image->blocks[image->block_count++] = block;
    }
    image->has_blocks = 1;
}

/* Sites get their final numbers here, so what names them does too. */
static int number_sites(struct arena_view *v) {
    struct pool scratch = {0};
    uint32_t *kept = NULL;
    if (v->blocks) {
        kept = pool_array(&scratch, v->used[ARENA_SITES], sizeof *kept);
        v->image->blocks = pool_array(&v->image->pool, v->block_count, sizeof *v->blocks);
        if (!kept || !v->image->blocks) {
            pool_fini(&scratch);
            return arena_view_no_memory(v);
        }
    }
    drop_empty_sites(v, kept);
    if (kept)
        take_blocks(v, kept);
    pool_fini(&scratch);
    return 0;
}

/* While the peak lasts no site has saved its part of it: no epoch counts then. */
static int read_sites(struct arena_view *v) {
    struct image *image = v->image;
    uint64_t epoch = LOAD(v->header->at_peak) ? UINT64_MAX : LOAD(v->header->epoch);
    image->sites = pool_array(&image->pool, v->used[ARENA_SITES], sizeof *image->sites);
    if (!image->sites)
        return arena_view_no_memory(v);
    for (uint32_t i = v->first_site; i < v->used[ARENA_SITES]; i++)
        if (read_site(v, i, epoch))
            return -1;
    return read_ledgers(v) ? -1 : number_sites(v);
}

/* Figure by figure: the owner may be changing them. */
static void read_gc(struct arena_view *v) {
    uint64_t figures[sizeof v->header->gc / sizeof(uint64_t)] = {0};
    const uint64_t *from = (const uint64_t *)&v->header->gc;
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        figures[i] = LOAD(from[i]);
    memcpy(&v->image->gc, figures, sizeof figures);
}

static int read_all(struct arena_view *v, uint32_t nframe) {
    read_counters(v);
    read_gc(v);
    if (arena_view_names(v) || read_process(v) || read_modules(v) || read_nodes(v) || read_sites(v))
        return -1;
    v->image->nframe = nframe;
    return image_limit(v->image, nframe) ? arena_view_no_memory(v) : 0;
}

struct image *image_from_arena_with_blocks(const void *arena, size_t size, uint32_t nframe,
                                           const struct image_block *blocks, uint32_t block_count,
                                           struct heapline_error *err) {
    struct arena_view v = {.base = arena,
                           .size = size,
                           .header = arena,
                           .blocks = blocks,
                           .block_count = block_count,
                           .err = err};
    if (arena_check_header(v.header, size, err) || check_segments(&v))
        return NULL;
    struct pool pool = {0};
    v.image = pool_alloc(&pool, sizeof *v.image);
    if (!v.image) {
        arena_view_no_memory(&v);
        return NULL;
    }
    v.image->pool = pool;
    if (!read_all(&v, nframe))
        return v.image;
    image_free(v.image);
    return NULL;
}

struct image *image_from_arena(const void *arena, size_t size, uint32_t nframe,
                               struct heapline_error *err) {
    return image_from_arena_with_blocks(arena, size, nframe, NULL, 0, err);
}
