/* Distinct byte strings under dense ids, each kept once: equal strings have equal ids and pointers.
 *
 * The bytes live in the caller's pool and last as long as it does; the tables are the interner's
 * own (intern_fini). Not thread-safe. Want of memory sets `failed`, which callers test once, at the
 * end.
 */
#ifndef ANALYSIS_INTERN_H
#define ANALYSIS_INTERN_H

#include <stddef.h>
#include <stdint.h>
#include "base/pool.h"

struct intern_entry {
    const char *bytes; /* NUL-terminated */
    uint32_t size;
};
struct intern_slot {
    uint32_t hash, id_plus_1; /* 0: empty */
};

struct intern {
    struct pool *pool;
    struct intern_entry *entries; /* [id] */
    struct intern_slot *slots;    /* a power of two of them */
    uint32_t count, capacity, slot_count;
    int failed;
};

#define INTERN_NONE UINT32_MAX

void intern_init(struct intern *in, struct pool *pool);
/* The id of these bytes, new or known; INTERN_NONE for want of memory. */
uint32_t intern_id(struct intern *in, const void *bytes, size_t size);
/* The same for known ones only; INTERN_NONE: they are not. */
uint32_t intern_find(const struct intern *in, const void *bytes, size_t size);
/* The one copy of a text; "" for want of memory, NULL for NULL. */
const char *intern_text(struct intern *in, const char *text);
void intern_fini(struct intern *in);

#endif
