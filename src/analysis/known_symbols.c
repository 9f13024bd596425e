#include "analysis/known_symbols.h"
#include <stdlib.h>

enum { MODULE = 1 };

struct key {
    uint64_t vaddr, exact;
};

void known_symbols_init(struct known_symbols *known) {
    *known = (struct known_symbols){0};
    intern_init(&known->texts, &known->pool);
    intern_init(&known->keys, &known->pool);
}

const struct image_symbol *known_symbols_find(const struct known_symbols *known, uint64_t vaddr,
                                              int exact) {
    struct key key = {vaddr, exact != 0};
    uint32_t id = intern_find(&known->keys, &key, sizeof key);
    return id < known->count ? &known->symbols[id] : NULL;
}

static int grow(struct known_symbols *known) {
    uint32_t capacity = known->keys.capacity;
    struct image_symbol *symbols = reallocarray(known->symbols, capacity, sizeof *symbols);
    if (!symbols)
        return -1;
    known->symbols = symbols;
    known->capacity = capacity;
    return 0;
}

static const struct image_frame *copy(struct known_symbols *known, const struct image_frame *frames,
                                      uint32_t count) {
    struct image_frame *copies = pool_array(&known->pool, count, sizeof *copies);
    for (uint32_t i = 0; copies && i < count; i++)
        copies[i] = (struct image_frame){intern_text(&known->texts, frames[i].function),
                                         intern_text(&known->texts, frames[i].file), frames[i].line,
                                         frames[i].inlined};
    return known->texts.failed ? NULL : copies;
}

/* After a failure a key may lack its symbol: then nothing more is added, so that ids keep step. */
void known_symbols_add(struct known_symbols *known, uint64_t vaddr, int exact,
                       const struct image_frame *frames, uint32_t frame_count) {
    struct key key = {vaddr, exact != 0};
    if (known->failed)
        return;
    uint32_t id = intern_id(&known->keys, &key, sizeof key);
    if (id < known->count)
        return;
    const struct image_frame *copies = copy(known, frames, frame_count);
    known->failed = !copies || id == INTERN_NONE || (id >= known->capacity && grow(known));
    if (!known->failed)
        known->symbols[known->count++] =
            (struct image_symbol){vaddr, MODULE, exact != 0, frame_count, copies};
}

void known_symbols_fini(struct known_symbols *known) {
    free(known->symbols);
    intern_fini(&known->texts);
    intern_fini(&known->keys);
    pool_fini(&known->pool);
    *known = (struct known_symbols){0};
}
