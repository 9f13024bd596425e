#include "gc/slab.h"
#include <string.h>
#include <sys/mman.h>
#include "base/sys.h"
#include "gc/fail.h"
#include "gc/object.h"
#include "gc/pages.h"
#include "gc/publish.h"
#include "gc/runtime.h"
#include "gc/spare.h"
#include "gc/stress.h"

enum { LINK_BYTES = 4096, WATCH_NEVER = -1, POISON = 0xDB, TRIM_LOOKS = 64 };

/* What classes without a slab point to: it has no slots. */
static struct slab nothing = {.watch = WATCH_NEVER};
struct slab_class slab_none = {.current = &nothing};

static enum reserve_half half_of(enum slab_use use) {
    return use == SLAB_CYCLIC ? RESERVE_CYCLIC : RESERVE_LEAF;
}

size_t slab_class_size(unsigned size_class) {
    if (size_class < 7)
        return 16 + (size_t)size_class * 8;
    return (size_t)(5 + (size_class - 7) % 4) << (4 + (size_class - 7) / 4);
}

/* --- units --- */

/* The first of `count` free units in a row, or -1. */
static int find_units(uint32_t taken, unsigned count) {
    uint32_t wanted = count == SLAB_UNITS ? UINT32_MAX : (UINT32_C(1) << count) - 1;
    for (unsigned i = 0; i + count <= SLAB_UNITS; i++)
        if (!(taken & wanted << i))
            return (int)i;
    return -1;
}

static char *take_in_chunk(struct slab_chunk *chunk, unsigned count) {
    int first = find_units(chunk->taken, count);
    if (first < 0)
        return NULL;
    uint32_t units = count == SLAB_UNITS ? UINT32_MAX : ((UINT32_C(1) << count) - 1) << first;
    chunk->taken |= units;
    chunk->starts |= UINT32_C(1) << first;
    return chunk->memory + (size_t)first * SLAB_SIZE;
}

static struct slab_chunk *add_chunks(struct slab_space *space, enum reserve_half half,
                                     size_t chunks) {
    if (space->count == space->capacity) {
        size_t capacity = space->capacity ? space->capacity * 2 : 128;
        void *grown = pages_resize(space->chunks, space->capacity * sizeof *space->chunks,
                                   capacity * sizeof *space->chunks);
        if (!grown)
            return NULL;
        space->chunks = grown;
        space->capacity = capacity;
    }
    char *memory = fail_now() ? NULL : reserve_take(half, chunks);
    if (!memory)
        return NULL;
    if (space->count && memory < space->chunks[space->count - 1].memory)
        space->unsorted = 1;
    struct slab_chunk *chunk = &space->chunks[space->count++];
    *chunk = (struct slab_chunk){memory, 0, 0, (uint32_t)chunks};
    return chunk;
}

static void *find_or_add_units(struct slabs *s, enum reserve_half half, size_t count) {
    struct slab_space *space = &s->space[half];
    if (count > SLAB_UNITS) {
        struct slab_chunk *chunk = add_chunks(space, half, (count + SLAB_UNITS - 1) / SLAB_UNITS);
        return chunk ? take_in_chunk(chunk, SLAB_UNITS) : NULL;
    }
    for (size_t i = space->hint; i < space->count; i++) {
        char *units = take_in_chunk(&space->chunks[i], (unsigned)count);
        if (units)
            return units;
        if (i == space->hint && space->chunks[i].taken == UINT32_MAX)
            space->hint++;
    }
    struct slab_chunk *chunk = add_chunks(space, half, 1);
    return chunk ? take_in_chunk(chunk, (unsigned)count) : NULL;
}

static size_t units_in(const struct slab_chunk *chunk) {
    return chunk->chunks > 1 ? (size_t)chunk->chunks * SLAB_UNITS
                             : (size_t)__builtin_popcount(chunk->taken);
}

/* What has more units than a chunk has whole chunks. */
static int64_t bytes_of(size_t units) {
    if (units > SLAB_UNITS)
        units = (units + SLAB_UNITS - 1) / SLAB_UNITS * SLAB_UNITS;
    return (int64_t)units << SLAB_SHIFT;
}

static void *take_units(struct slabs *s, enum reserve_half half, size_t count) {
    void *units = find_or_add_units(s, half, count);
    if (units)
        publish_held(bytes_of(count));
    return units;
}

static size_t index_of(const struct slab_space *space, const void *memory) {
    size_t i = 0;
    while ((size_t)((const char *)memory - space->chunks[i].memory) >=
           (size_t)space->chunks[i].chunks << RESERVE_CHUNK_SHIFT)
        i++;
    return i;
}

static void remove_chunk(struct slab_space *space, size_t i) {
    reserve_give(space->chunks[i].memory, space->chunks[i].chunks);
    space->count--;
    memmove(&space->chunks[i], &space->chunks[i + 1], (space->count - i) * sizeof *space->chunks);
    space->hint = 0;
}

static void give_units(struct slabs *s, struct slab *slab, size_t count) {
    struct slab_space *space = &s->space[half_of(slab->use)];
    size_t i = index_of(space, slab);
    struct slab_chunk *chunk = &space->chunks[i];
    publish_held(-bytes_of(count));
    if (count < SLAB_UNITS) {
        unsigned first = (unsigned)(((char *)slab - chunk->memory) / SLAB_SIZE);
        chunk->taken &= ~(((UINT32_C(1) << count) - 1) << first);
        chunk->starts &= ~(UINT32_C(1) << first);
        if (chunk->taken) {
            if (i < space->hint)
                space->hint = i;
            return;
        }
    }
    remove_chunk(space, i);
}

static size_t units_of(const struct slab *slab) {
    return slab->slots == 1 ? (SLAB_HEADER + slab_slot_bytes(slab) + SLAB_SIZE - 1) / SLAB_SIZE : 1;
}

/* --- slabs --- */

static struct slab_class *class_of(const struct slab *slab) {
    return &slab->rt->slabs.classes[slab->use][slab->size_class];
}

static int32_t count_used(const struct slab *slab) {
    int32_t used = (int32_t)slab->linked;
    for (const struct slot *slot = slab->free; slot; slot = slot->next)
        used--;
    return used;
}

int32_t slab_used(const struct slab *slab) {
    if (slab->size_class < SLAB_CLASSES && slab == class_of(slab)->current)
        return count_used(slab);
    return slab->margin + slab->watch;
}

/* Under poison every slot that comes back is looked at. */
static void set_watch(struct slab *slab, int32_t watch) {
    int32_t used = slab_used(slab);
    slab->watch = slab->rt->stress & STRESS_POISON ? INT32_MAX : watch;
    slab->margin = used - slab->watch;
}

static void link_slab(struct slab_class *c, struct slab *slab) {
    slab->before = NULL;
    slab->next = c->with_room;
    if (c->with_room)
        c->with_room->before = slab;
    c->with_room = slab;
    slab->in_list = 1;
    set_watch(slab, 0);
}

static void unlink_slab(struct slab_class *c, struct slab *slab) {
    if (slab->before)
        slab->before->next = slab->next;
    else
        c->with_room = slab->next;
    if (slab->next)
        slab->next->before = slab->before;
    slab->in_list = 0;
}

static struct slot *slot_at(struct slab *slab, uint32_t i) {
    return (struct slot *)(slab_slots(slab) + (size_t)i * slab->slot_size);
}

/* Links the next few slots, in the order of their addresses: no other is free. Those that have been
 * used keep what their heads say. */
static void link_slots(struct slab *slab) {
    uint32_t size = slab->slot_size, more = LINK_BYTES / size + 1;
    uint32_t end = slab->slots - slab->linked < more ? slab->slots : slab->linked + more;
    struct slot *slot = slot_at(slab, slab->linked), *last = slot_at(slab, end - 1);
    slab->free = slot;
    while (slot < last)
        slot = slot->next = (struct slot *)((char *)slot + size);
    last->next = NULL;
    for (; slab->fresh < end; slab->fresh++)
        slot_at(slab, slab->fresh)->head = 0;
    slab->linked = end;
}

static struct slab *new_slab(struct hgc_runtime *rt, enum slab_use use, unsigned size_class) {
    struct slab *slab = take_units(&rt->slabs, half_of(use), 1);
    if (!slab)
        return NULL;
    uint32_t size = (uint32_t)slab_class_size(size_class);
    *slab = (struct slab){.rt = rt,
                          .slot_size = size,
                          .slots = (SLAB_SIZE - SLAB_HEADER) / size,
                          .size_class = (uint8_t)size_class,
                          .use = (uint8_t)use};
    return slab;
}

static struct slab *slab_with_room(struct hgc_runtime *rt, enum slab_use use, unsigned size_class) {
    struct slab_class *c = &rt->slabs.classes[use][size_class];
    struct slab *slab = c->with_room;
    if (!slab && rt->spared) {
        spare_flush(rt);
        slab = c->with_room;
    }
    if (!slab)
        return new_slab(rt, use, size_class);
    unlink_slab(c, slab);
    if (slab_used(slab) == 0) {
        rt->slabs.empty -= use == SLAB_CYCLIC;
        slab->free = NULL; /* slots that died in any order are linked anew */
        slab->linked = 0;
    }
    return slab;
}

/* In the place of a full one: the first slot of that to come back is news. */
static void make_current(struct slab_class *c, struct slab *slab) {
    struct slab *full = c->current;
    set_watch(slab, WATCH_NEVER);
    slab->quiet = !(slab->rt->stress & STRESS_POISON);
    c->current = slab;
    if (full == &nothing)
        return;
    full->quiet = 0;
    full->watch = 0;
    full->margin = (int32_t)full->slots;
    set_watch(full, (int32_t)full->slots - 1);
}

struct slot *slab_take_slow(struct hgc_runtime *rt, enum slab_use use, unsigned size_class) {
    struct slab_class *c = &rt->slabs.classes[use][size_class];
    if (c->current->linked == c->current->slots) {
        struct slab *slab = slab_with_room(rt, use, size_class);
        if (!slab)
            return NULL;
        make_current(c, slab);
    }
    if (!c->current->free)
        link_slots(c->current);
    return slab_take(rt, c, use, size_class);
}

struct slot *slab_take_large(struct hgc_runtime *rt, enum slab_use use, size_t size) {
    size_t sixteenths = (size + 15) / 16;
    size_t units = (SLAB_HEADER + sixteenths * 16 + SLAB_SIZE - 1) / SLAB_SIZE;
    if (sixteenths > UINT32_MAX)
        return NULL;
    struct slab *slab = take_units(&rt->slabs, half_of(use), units);
    if (!slab)
        return NULL;
    *slab = (struct slab){.rt = rt,
                          .slot_size = (uint32_t)sixteenths,
                          .slots = 1,
                          .fresh = 1,
                          .linked = 1,
                          .margin = 1,
                          .size_class = SLAB_CLASSES,
                          .use = (uint8_t)use};
    struct slot *slot = (struct slot *)slab_slots(slab);
    slot->head = 0;
    return slot;
}

/* An empty slab of leaves goes back at once unless it is the only one with room; one of cyclic
 * objects when no list names its slots any more. */
static void emptied(struct slabs *s, struct slab_class *c, struct slab *slab) {
    if (slab->use == SLAB_CYCLIC) {
        s->empty++;
        return;
    }
    if (c->with_room == slab && !slab->next)
        return;
    unlink_slab(c, slab);
    give_units(s, slab, 1);
}

void slab_put_slow(struct slab *slab) {
    struct slabs *s = &slab->rt->slabs;
    if (slab->size_class == SLAB_CLASSES) {
        set_watch(slab, WATCH_NEVER);
        if (slab->use == SLAB_CYCLIC)
            s->empty++; /* found by slab_trim */
        else
            give_units(s, slab, units_of(slab));
        return;
    }
    struct slab_class *c = class_of(slab);
    if (slab->rt->stress & STRESS_POISON)
        memset(slab->free + 1, POISON, slab->slot_size - sizeof *slab->free);
    if (slab == c->current) {
        slab->margin++; /* not counted */
        return;
    }
    if (!slab->in_list)
        link_slab(c, slab);
    if (slab_used(slab) == 0)
        emptied(s, c, slab);
}

void slab_init(struct slabs *s) {
    for (int use = 0; use < SLAB_USES; use++)
        for (int i = 0; i < SLAB_CLASSES; i++)
            s->classes[use][i].current = &nothing;
}

void slab_fini(struct slabs *s) {
    for (int half = 0; half < 2; half++) {
        struct slab_space *space = &s->space[half];
        while (space->count) {
            publish_held(-bytes_of(units_in(&space->chunks[space->count - 1])));
            remove_chunk(space, space->count - 1);
        }
        if (space->chunks)
            pages_free(space->chunks, space->capacity * sizeof *space->chunks);
    }
}

static int is_named(struct slab *slab) {
    char *slots = slab_slots(slab);
    for (uint32_t i = 0; i < slab->fresh; i++)
        if (((struct hgc_object *)(slots + (size_t)i * slab->slot_size))->flags & FLAG_NOTED)
            return 1;
    return 0;
}

static int may_go(struct slab *slab, int may_be_named) {
    if (slab->size_class < SLAB_CLASSES && !slab->in_list)
        return 0;
    return !slab_used(slab) && !(may_be_named && is_named(slab));
}

static void trim(struct slabs *s, struct slab *slab, struct slab_cursor *c) {
    size_t chunks = s->space[RESERVE_CYCLIC].count;
    if (slab->size_class != SLAB_CLASSES)
        unlink_slab(&s->classes[SLAB_CYCLIC][slab->size_class], slab);
    s->empty--;
    give_units(s, slab, units_of(slab));
    if (s->space[RESERVE_CYCLIC].count < chunks) /* the next chunk stands there now */
        c->unit = 0;
}

int slab_trim(struct slabs *s, struct slab_cursor *c, int may_be_named) {
    for (int i = 0; i < TRIM_LOOKS; i++) {
        struct slab *slab = s->empty ? slab_next(s, RESERVE_CYCLIC, c) : NULL;
        if (!slab)
            return 0;
        if (may_go(slab, may_be_named)) {
            trim(s, slab, c);
            return 1;
        }
    }
    return 1;
}

/* --- all of them --- */

/* Shell sort: nearly sorted, and only after chunks of other runtimes came in between. */
static void sort_chunks(struct slab_space *space) {
    for (size_t gap = space->count / 2; gap; gap /= 2)
        for (size_t i = gap; i < space->count; i++)
            for (size_t j = i; j >= gap && space->chunks[j].memory < space->chunks[j - gap].memory;
                 j -= gap) {
                struct slab_chunk moved = space->chunks[j];
                space->chunks[j] = space->chunks[j - gap];
                space->chunks[j - gap] = moved;
            }
    space->unsorted = 0;
    space->hint = 0;
}

struct slab *slab_next(struct slabs *s, enum reserve_half half, struct slab_cursor *c) {
    struct slab_space *space = &s->space[half];
    if (space->unsorted)
        sort_chunks(space);
    for (; c->chunk < space->count; c->chunk++, c->unit = 0) {
        const struct slab_chunk *chunk = &space->chunks[c->chunk];
        uint32_t rest = c->unit < SLAB_UNITS ? chunk->starts >> c->unit : 0;
        if (rest) {
            c->unit += (uint32_t)__builtin_ctz(rest) + 1;
            return (struct slab *)(chunk->memory + (size_t)(c->unit - 1) * SLAB_SIZE);
        }
    }
    return NULL;
}

/* A part of the scratch, or of the marks. */
typedef void on_part(void *part, size_t size);

static void touch(void *part, size_t size) {
    sys_madvise(part, size, MADV_POPULATE_WRITE);
}

static void clear(void *part, size_t size) {
    memset(part, 0, size);
}

static void each_scratch(struct slabs *s, on_part *fn) {
    const struct slab_space *space = &s->space[RESERVE_CYCLIC];
    for (size_t i = 0; i < space->count; i++) {
        uintptr_t memory = (uintptr_t)space->chunks[i].memory;
        size_t size = (size_t)space->chunks[i].chunks << RESERVE_CHUNK_SHIFT;
        fn((void *)(gc_reserve.scratch + (memory >> RESERVE_GRANULE_SHIFT)),
           size >> RESERVE_GRANULE_SHIFT);
        fn((void *)(gc_reserve.marks + (memory >> RESERVE_MARK_SHIFT)), size >> RESERVE_MARK_SHIFT);
    }
}

void slab_touch_scratch(struct slabs *s) {
    each_scratch(s, touch);
}

void slab_clear_scratch(struct slabs *s) {
    each_scratch(s, clear);
}
