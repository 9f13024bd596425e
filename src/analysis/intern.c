#include "analysis/intern.h"
#include <stdlib.h>
#include <string.h>

void intern_init(struct intern *in, struct pool *pool) {
    *in = (struct intern){.pool = pool};
}

static int grow(struct intern *in) {
    uint32_t capacity = in->capacity ? in->capacity * 2 : 64;
    if (capacity > UINT32_MAX / 4)
        return -1;
    struct intern_entry **entries = reallocarray(in->entries, capacity, sizeof *entries);
    if (!entries)
        return -1;
    in->entries = entries;
    in->capacity = capacity;
    return 0;
}

static struct intern_entry *add(struct intern *in, unsigned hash, const void *bytes, size_t size) {
    if (in->count == in->capacity && grow(in))
        return NULL;
    struct intern_entry *e = pool_alloc(in->pool, sizeof *e + size + 1);
    if (!e)
        return NULL;
    memcpy(e->bytes, bytes, size);
    e->id = in->count;
    HASH_ADD_KEYPTR_BYHASHVALUE(hh, in->table, e->bytes, size, hash, e);
    if (!e->hh.tbl)
        return NULL;
    in->entries[in->count++] = e;
    return e;
}

static const struct intern_entry *enter(struct intern *in, const void *bytes, size_t size) {
    struct intern_entry *e = NULL;
    if (size <= UINT32_MAX) {
        unsigned hash = 0;
        HASH_VALUE(bytes, size, hash);
        HASH_FIND_BYHASHVALUE(hh, in->table, bytes, size, hash, e);
        if (!e)
            e = add(in, hash, bytes, size);
    }
    in->failed |= !e;
    return e;
}

uint32_t intern_id(struct intern *in, const void *bytes, size_t size) {
    const struct intern_entry *e = enter(in, bytes, size);
    return e ? e->id : INTERN_NONE;
}

const char *intern_text(struct intern *in, const char *text) {
    if (!text)
        return NULL;
    const struct intern_entry *e = enter(in, text, strlen(text));
    return e ? e->bytes : "";
}

void intern_fini(struct intern *in) {
    HASH_CLEAR(hh, in->table);
    free(in->entries);
    *in = (struct intern){0};
}
