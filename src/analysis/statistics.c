#include "analysis/statistics.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "analysis/domains.h"
#include "analysis/row_order.h"
#include "base/error.h"
#include "base/huge.h"

struct entry { /* one site as it enters one row */
    const struct image *image;
    const struct image_site *site;
    struct statistics_source *source;
    struct path path;                 /* from the frame outward */
    const struct symbol_frame *frame; /* with shared texts */
    enum statistics_side side;
};

int statistics_init(struct statistics *s, const struct statistics_options *options,
                    struct pool *pool, struct heapline_error *err) {
    *s = (struct statistics){.options = *options};
    intern_init(&s->texts, pool);
    tracebacks_init(&s->keys);
    if (options->cumulative && options->by >= BY_TRACEBACK)
        return error_set(err, HEAPLINE_BAD_ARGUMENT, 0, "--cumulative",
                         "needs --by lineno, function, filename or module");
    return 0;
}

/* --- Keys: pointers into the one interner, so that rows of two images meet --- */

static const char *domain_name(struct statistics *s, const struct entry *e) {
    const struct image *image = e->image;
    uint32_t domain = e->site->domain;
    char number[16];
    for (uint32_t i = 0; i < image->domain_count; i++)
        if (image->domain_ids[i] == domain && image->domain_names[i])
            return intern_text(&s->texts, image->domain_names[i]);
    if (domain_own_name(domain))
        return intern_text(&s->texts, domain_own_name(domain));
    snprintf(number, sizeof number, "%u", domain);
    return intern_text(&s->texts, number);
}

static const char *type_name(const struct entry *e) {
    return e->site->type < e->image->type_count ? e->source->types[e->site->type] : NULL;
}

static const char *shown_type(struct statistics *s, const struct entry *e) {
    const char *type = type_name(e);
    return type ? type : intern_text(&s->texts, FILTER_UNTYPED);
}

/* "TYPE at FILE:LINE". NULL: no memory. */
static const char *typed_place(struct statistics *s, const struct entry *e) {
    char *text;
    const char *kept;
    if (asprintf(&text, "%s at %s:%d", shown_type(s, e), e->frame->file, (int)e->frame->line) < 0)
        return NULL;
    kept = intern_text(&s->texts, text);
    free(text);
    return kept;
}

static const char *module_text(const struct symbol_frame *frame) {
    return frame->module ? frame->module : frame->file;
}

static uint32_t row_key(struct statistics *s, const struct entry *e) {
    const struct symbol_frame *f = e->frame;
    const char *text;
    switch (s->options.by) {
    case BY_FUNCTION:
        return traceback_of_one(&s->keys, f->function ? f->function : f->file, 0);
    case BY_FILENAME:
        return traceback_of_one(&s->keys, f->located ? f->file : module_text(f), 0);
    case BY_MODULE:
        return traceback_of_one(&s->keys, module_text(f), 0);
    case BY_TRACEBACK:
        return traceback_of_path(&s->keys, e->side, &e->source->frames, e->path);
    case BY_DOMAIN:
        return traceback_of_one(&s->keys, domain_name(s, e), e->site->domain);
    case BY_TYPE:
        return traceback_of_one(&s->keys, shown_type(s, e), 0);
    case BY_TYPE_LINENO:
        text = typed_place(s, e);
        return text ? traceback_of_one(&s->keys, text, 0) : TRACEBACK_NONE;
    default:
        return traceback_of_one(&s->keys, f->file, f->line);
    }
}

/* --- Rows --- */

/* What a new row says of itself: its key's value, for lines and tracebacks all that is known. */
static void describe(struct statistics *s, struct statistics_row *row, const struct entry *e,
                     uint32_t key) {
    const struct symbol_frame *f = e->frame;
    const char *text = traceback_part(&s->keys, key)->text;
    *row = (struct statistics_row){.key = key, .line = -1, .domain = -1};
    switch (s->options.by) {
    case BY_FUNCTION:
        row->name = row->function = text;
        break;
    case BY_FILENAME:
        row->file = text;
        break;
    case BY_MODULE:
        row->name = row->module = text;
        break;
    case BY_DOMAIN:
        row->name = text;
        row->domain = e->site->domain;
        break;
    case BY_TYPE:
        row->name = row->type = text;
        break;
    default:
        row->name = s->options.by == BY_TYPE_LINENO ? text : NULL;
        row->file = f->file;
        row->line = f->line;
        row->function = f->function;
        row->module = f->module;
        row->domain = e->site->domain;
        row->type = type_name(e);
    }
}

static int is_by_place(const struct statistics *s) {
    return s->options.by == BY_LINENO || s->options.by == BY_TRACEBACK ||
           s->options.by == BY_TYPE_LINENO;
}

/* A line may be several functions' (templates, inlining) and several domains': then none is named.
 */
static void generalize_frame(const struct statistics *s, struct statistics_row *row,
                             const struct entry *e) {
    if (!is_by_place(s))
        return;
    if (row->function != e->frame->function)
        row->function = NULL;
    if (row->module != e->frame->module)
        row->module = NULL;
}

static void generalize_site(const struct statistics *s, struct statistics_row *row,
                            const struct entry *e) {
    if (!is_by_place(s))
        return;
    if (row->domain != e->site->domain)
        row->domain = -1;
    if (row->type && row->type != type_name(e))
        row->type = NULL;
}

/* Nearly every site has a traceback of its own, and another image's may be others: there is a place
 * for each from the beginning, which takes no memory before it is used. */
static int reserve_rows(struct statistics *s, uint32_t site_count) {
    if (s->options.by != BY_TRACEBACK || s->rows || !site_count)
        return 0;
    s->rows = huge_calloc(site_count, SIDES * sizeof *s->rows);
    s->capacity = s->rows ? (size_t)site_count * SIDES : 0;
    return s->rows ? 0 : -1;
}

static struct statistics_row *new_row(struct statistics *s) {
    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? s->capacity * 2 : 64;
        struct statistics_row *rows = reallocarray(s->rows, capacity, sizeof *rows);
        if (!rows)
            return NULL;
        s->rows = rows;
        s->capacity = capacity;
    }
    return &s->rows[s->count++];
}

/* Where the number of a key's row is kept. */
static uint32_t *row_number(struct statistics *s, uint32_t key) {
    if (key >= s->key_capacity) {
        uint32_t capacity = s->keys.capacity;
        uint32_t *rows = reallocarray(s->key_row, capacity, sizeof *rows);
        if (!rows)
            return NULL;
        memset(rows + s->key_capacity, 0, (capacity - s->key_capacity) * sizeof *rows);
        s->key_row = rows;
        s->key_capacity = capacity;
    }
    return &s->key_row[key];
}

static struct statistics_row *find_row(struct statistics *s, const struct entry *e) {
    uint32_t key = row_key(s, e);
    uint32_t *number = key == TRACEBACK_NONE ? NULL : row_number(s, key);
    if (!number)
        return NULL;
    if (*number) {
        generalize_frame(s, &s->rows[*number - 1], e);
        return &s->rows[*number - 1];
    }
    struct statistics_row *row = new_row(s);
    if (row) {
        *number = (uint32_t)s->count;
        describe(s, row, e, key);
    }
    return row;
}

static void add_count(struct heapline_count *to, const struct heapline_count *from) {
    to->bytes += from->bytes;
    to->count += from->count;
}

/* 1: the site is the heaviest of its row so far. */
static int add_amounts(struct statistics *s, struct statistics_row *row, const struct entry *e) {
    const struct image_site *site = e->site;
    struct amounts own = {site->current, site->peak, site->total, site->temporary};
    struct amounts *sum = &row->side[e->side];
    generalize_site(s, row, e);
    add_count(&sum->current, &own.current);
    add_count(&sum->peak, &own.peak);
    add_count(&sum->total, &own.total);
    sum->temporary += own.temporary;
    uint64_t weight = statistics_weight(&own, s->options.sort).bytes;
    if (row->paths++ && weight <= row->heaviest)
        return 0;
    row->heaviest = weight;
    return 1;
}

/* --- Sites --- */

static struct statistics_row *enter(struct statistics *s, const struct entry *e) {
    struct statistics_row *row = find_row(s, e);
    if (!row)
        s->failed = 1;
    else if (add_amounts(s, row, e))
        row->path = e->path;
    return row;
}

/* Where the row of a site's node is kept, if all sites of the node are in that one row. */
static uint32_t *known_row(const struct statistics *s, const struct entry *e) {
    const struct statistics_options *o = &s->options;
    int depends_on_more =
        o->cumulative || o->filter_count || o->by == BY_DOMAIN || o->by >= BY_TYPE;
    return depends_on_more ? NULL : &e->source->node_row[e->site->node];
}

static void add_new_site(struct statistics *s, struct entry *e, uint32_t *known) {
    struct symbols *symbols = e->source->frames.symbols;
    struct path path = path_blame(symbols, e->site->node, s->options.blame);
    if (!filter_accepts(s->options.filters, s->options.filter_count, e->site->domain, type_name(e),
                        path))
        return;
    symbols_want_line(symbols, path.node);
    do {
        e->path = path;
        e->frame = shared_frames_next(&e->source->frames, &path);
        struct statistics_row *row = e->frame ? enter(s, e) : NULL;
        if (row && known)
            *known = (uint32_t)(row - s->rows) + 1;
    } while (e->frame && s->options.cumulative);
}

static void add_site(struct statistics *s, struct entry *e) {
    uint32_t *known = known_row(s, e);
    if (!known || !*known) {
        add_new_site(s, e, known);
        return;
    }
    struct statistics_row *row = &s->rows[*known - 1];
    if (add_amounts(s, row, e))
        row->path = path_blame(e->source->frames.symbols, e->site->node, s->options.blame);
}

/* What is shown of a type is not what stands for none: whose name is just that, perhaps behind
 * backslashes, gets one more of them. */
static const char *intern_type(struct statistics *s, const char *name) {
    char *escaped;
    const char *kept;
    if (!name || strcmp(name + strspn(name, "\\"), FILTER_UNTYPED))
        return intern_text(&s->texts, name);
    if (asprintf(&escaped, "\\%s", name) < 0) {
        s->failed = 1;
        return NULL;
    }
    kept = intern_text(&s->texts, escaped);
    free(escaped);
    return kept;
}

static int source_init(struct statistics *s, struct statistics_source *source,
                       struct symbols *symbols) {
    const struct image *image = symbols_image(symbols);
    shared_frames_init(&source->frames, symbols, &s->texts);
    source->node_row = huge_calloc(image->node_count, sizeof *source->node_row);
    source->types = calloc(image->type_count + 1, sizeof *source->types);
    if (!source->node_row || !source->types)
        return -1;
    for (uint32_t i = 0; i < image->type_count; i++)
        source->types[i] = intern_type(s, image->types[i]);
    return 0;
}

static int has_failed(const struct statistics *s, const struct statistics_source *source) {
    return s->failed || s->texts.failed || s->keys.failed || source->frames.failed ||
           symbols_failed(source->frames.symbols);
}

int statistics_add(struct statistics *s, struct symbols *symbols, const struct image_site *sites,
                   uint32_t site_count, enum statistics_side side, struct heapline_error *err) {
    struct statistics_source *source = &s->sources[side];
    struct entry e = {.image = symbols_image(symbols), .source = source, .side = side};
    s->is_diff |= side == SIDE_OLD;
    s->failed |= source_init(s, source, symbols) || reserve_rows(s, site_count);
    for (uint32_t i = 0; !s->failed && i < site_count; i++) {
        e.site = &sites[i];
        add_site(s, &e);
    }
    if (has_failed(s, source))
        return error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no memory for the statistics");
    return 0;
}

void statistics_fini(struct statistics *s) {
    for (int side = 0; side < SIDES; side++) {
        shared_frames_fini(&s->sources[side].frames);
        free(s->sources[side].node_row);
        free(s->sources[side].types);
    }
    free(s->rows);
    free(s->order);
    free(s->key_row);
    intern_fini(&s->texts);
    tracebacks_fini(&s->keys);
}
