#include "analysis/statistics.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "analysis/row_order.h"
#include "base/error.h"

struct entry { /* one site as it enters one row */
    struct symbols *symbols;
    const struct image *image;
    const struct image_site *site;
    const struct symbol_frame *frame;
    struct path path; /* from `frame` outward */
    enum statistics_side side;
};

int statistics_init(struct statistics *s, const struct statistics_options *options,
                    struct heapline_error *err) {
    *s = (struct statistics){.options = *options};
    tracebacks_init(&s->keys);
    if (options->cumulative && options->by >= BY_TRACEBACK)
        return error_set(err, HEAPLINE_BAD_ARGUMENT, 0, "--cumulative",
                         "needs --by lineno, function, filename or module");
    return 0;
}

/* --- Keys: pointers into the one interner, so that rows of two images meet --- */

static const char *domain_name(struct intern *texts, const struct image *image, uint32_t domain) {
    char number[16];
    for (uint32_t i = 0; i < image->domain_count; i++)
        if (image->domain_ids[i] == domain && image->domain_names[i])
            return intern_text(texts, image->domain_names[i]);
    if (domain == HEAPLINE_DOMAIN_MALLOC)
        return intern_text(texts, "malloc");
    snprintf(number, sizeof number, "%u", domain);
    return intern_text(texts, number);
}

static const char *type_name(const struct entry *e) {
    uint32_t type = e->site->type;
    const char *name = type < e->image->type_count ? e->image->types[type] : NULL;
    return intern_text(symbols_texts(e->symbols), name);
}

static const char *module_text(const struct symbol_frame *frame) {
    return frame->module ? frame->module : frame->file;
}

static uint32_t row_key(struct statistics *s, const struct entry *e) {
    struct intern *texts = symbols_texts(e->symbols);
    const struct symbol_frame *f = e->frame;
    const char *type = type_name(e);
    switch (s->options.by) {
    case BY_FUNCTION:
        return traceback_of_one(&s->keys, f->function ? f->function : f->file, 0);
    case BY_FILENAME:
        return traceback_of_one(&s->keys, f->located ? f->file : module_text(f), 0);
    case BY_MODULE:
        return traceback_of_one(&s->keys, module_text(f), 0);
    case BY_TRACEBACK:
        return traceback_of_path(&s->keys, e->side, e->path);
    case BY_DOMAIN:
        return traceback_of_one(&s->keys, domain_name(texts, e->image, e->site->domain),
                                e->site->domain);
    case BY_TYPE:
        return traceback_of_one(&s->keys, type ? type : intern_text(texts, "(untyped)"), 0);
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
        row->file = f->file;
        row->line = f->line;
        row->function = f->function;
        row->module = f->module;
        row->domain = e->site->domain;
        row->type = type_name(e);
    }
}

/* A line may be several functions' (templates, inlining) and several domains': then none is named.
 */
static void generalize(const struct statistics *s, struct statistics_row *row,
                       const struct entry *e) {
    if (s->options.by != BY_LINENO && s->options.by != BY_TRACEBACK)
        return;
    if (row->function != e->frame->function)
        row->function = NULL;
    if (row->module != e->frame->module)
        row->module = NULL;
    if (row->domain != e->site->domain)
        row->domain = -1;
    if (row->type && row->type != type_name(e))
        row->type = NULL;
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
        uint32_t capacity = s->keys.parts.capacity;
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
        generalize(s, &s->rows[*number - 1], e);
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

static void enter(struct statistics *s, const struct entry *e) {
    struct statistics_row *row = find_row(s, e);
    if (!row) {
        s->failed = 1;
        return;
    }
    const struct image_site *site = e->site;
    struct amounts own = {site->current, site->peak, site->total, site->temporary};
    struct amounts *sum = &row->side[e->side];
    add_count(&sum->current, &own.current);
    add_count(&sum->peak, &own.peak);
    add_count(&sum->total, &own.total);
    sum->temporary += own.temporary;
    uint64_t weight = statistics_weight(&own, s->options.sort).bytes;
    if (!row->paths++ || weight > row->heaviest) {
        row->heaviest = weight;
        row->path = e->path;
    }
}

static void add_site(struct statistics *s, struct entry *e) {
    struct path path = path_blame(e->symbols, e->site->node, s->options.blame);
    if (!filter_accepts(s->options.filters, s->options.filter_count, e->site->domain, path))
        return;
    symbols_want_line(e->symbols, path.node);
    do {
        e->path = path;
        e->frame = path_next(&path);
        if (e->frame)
            enter(s, e);
    } while (e->frame && s->options.cumulative);
}

int statistics_add(struct statistics *s, struct symbols *symbols, enum statistics_side side,
                   struct heapline_error *err) {
    struct entry e = {.symbols = symbols, .image = symbols_image(symbols), .side = side};
    s->is_diff |= side == SIDE_OLD;
    for (uint32_t i = 0; i < e.image->site_count; i++) {
        e.site = &e.image->sites[i];
        add_site(s, &e);
    }
    if (s->failed || s->keys.parts.failed || symbols_failed(symbols))
        return error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no memory for the statistics");
    return 0;
}

void statistics_fini(struct statistics *s) {
    free(s->rows);
    free(s->key_row);
    tracebacks_fini(&s->keys);
}
