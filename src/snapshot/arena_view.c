#include "base/error.h"
#include "snapshot/arena_layout.h"
#include "snapshot/arena_view.h"

int arena_view_damaged(struct arena_view *v, const char *problem) {
    arena_damaged(v->err, problem);
    return -1;
}

int arena_view_no_memory(struct arena_view *v) {
    error_set(v->err, HEAPLINE_NO_MEMORY, 0, NULL, "not enough memory to read the arena");
    return -1;
}

static int is_text(const struct arena_view *v, uint32_t offset, uint32_t size) {
    return offset <= v->used[ARENA_STRINGS] && size <= v->used[ARENA_STRINGS] - offset;
}

int arena_view_text(struct arena_view *v, const char **to, uint32_t offset, uint32_t size) {
    if (!is_text(v, offset, size))
        return arena_view_damaged(v, "a text lies outside the file");
    *to = pool_copy(&v->image->pool, v->strings + offset, size);
    return *to ? 0 : arena_view_no_memory(v);
}

/* Type 0 stays NULL. */
static int read_types(struct arena_view *v) {
    struct image *image = v->image;
    uint32_t count = (uint32_t)v->used[ARENA_TYPES];
    const char **names = pool_array(&image->pool, count, sizeof *names);
    if (!names)
        return arena_view_no_memory(v);
    for (uint32_t i = 1; i < count; i++)
        if (arena_view_text(v, &names[i], LOAD(v->types[i].name), LOAD(v->types[i].name_size)))
            return -1;
    image->types = names;
    image->type_count = count;
    return 0;
}

/* Domain 0 is there, under its own name, unless the program has given it another. */
static int read_domains(struct arena_view *v) {
    struct image *image = v->image;
    uint32_t count = (uint32_t)v->used[ARENA_DOMAINS], used = 0;
    const char **names = pool_array(&image->pool, count + UINT64_C(1), sizeof *names);
    uint32_t *ids = pool_array(&image->pool, count + UINT64_C(1), sizeof *ids);
    if (!names || !ids)
        return arena_view_no_memory(v);
    ids[used] = HEAPLINE_DOMAIN_MALLOC;
    names[used++] = "malloc";
    for (uint32_t i = 0; i < count; i++) {
        const struct arena_domain *d = &v->domains[i];
        uint32_t id = LOAD(d->id), at = id == HEAPLINE_DOMAIN_MALLOC ? 0 : used++;
        ids[at] = id;
        if (arena_view_text(v, &names[at], LOAD(d->name), LOAD(d->name_size)))
            return -1;
    }
    image->domain_names = names;
    image->domain_ids = ids;
    image->domain_count = used;
    return 0;
}

static int read_labels(struct arena_view *v) {
    struct image *image = v->image;
    uint32_t count = (uint32_t)v->used[ARENA_LABELS];
    image->labels = pool_array(&image->pool, count, sizeof *image->labels);
    if (!image->labels)
        return arena_view_no_memory(v);
    for (uint32_t i = 0; i < count; i++) {
        const struct arena_label *from = &v->labels[i];
        struct image_label *to = &image->labels[i];
        if (arena_view_text(v, &to->name, LOAD(from->name), LOAD(from->name_size)) ||
            arena_view_text(v, &to->value, LOAD(from->value), LOAD(from->value_size)))
            return -1;
    }
    image->label_count = count;
    return 0;
}

int arena_view_names(struct arena_view *v) {
    return read_types(v) || read_domains(v) || read_labels(v) ? -1 : 0;
}
