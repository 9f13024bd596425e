/* The head of an object, its birth and the end of its memory.
 *
 * The flags, bit by bit:
 *
 *   bit  name       meaning
 *   0    IN_RUN     part of the collection in progress; once that has looked for garbage:
 *                   garbage, whose slot is kept until the run ends even if it dies
 *   1    FINALIZED  its finalizer has run
 *   1    INTERNED   of strings
 *   2    WEAKREFS   its hidden word leads to weak references
 *   3-5  NOTED_0-2  the list of that generation names its slot. The flag outlives the object,
 *                   whose entry is then stale; a new object in the slot takes the entry of
 *                   generation 0 over. So no list names a slot twice, however often it is used
 *   6    TRACKED    the collector knows it: from birth (dicts: from their first item that
 *                   matters) until its last reference is gone
 *   7    TRUSTED    TRACKED, and no suspect: that is what has lost a reference, or gained one by
 *                   a move, and no full run has looked since
 *
 * (Lines here stay short: what is too long, the formatter joins with the next.)
 *
 * The lists of generations 0 and 1 name all their objects, that of generation 2 the suspects: a
 * cycle becomes garbage only by an event at one of its members, so whatever is garbage can be
 * reached from a suspect or a young object.
 *
 * Innocent (hgc_touch) is a young object with no reference but that of its birth. What it gains by
 * a move says nothing: the one reference to it is still the program's, or has moved into an object
 * which is a suspect for that, or innocent in its turn. So garbage that it is part of has a suspect
 * elsewhere, or is all young, which a young run sees whole. Any other young object counts as a
 * suspect.
 *
 * The hidden word, in types that have a finalizer or may have weak references, is the birth number,
 * or, with WEAKREFS, a pointer to the first weak reference, which keeps the number.
 *
 * refcount is 0 from the moment when the references that an object owns begin to be released; it
 * then counts how far that has come (death.c). Spares keep what they had (spare.h). */
#ifndef GC_OBJECT_H
#define GC_OBJECT_H

#include <string.h>
#include "gc/publish.h"
#include "gc/runtime.h"

enum {
    FLAG_IN_RUN = 1,
    FLAG_FINALIZED = 2,
    FLAG_WEAKREFS = 4,
    FLAG_NOTED_0 = 8,
    FLAG_NOTED = 0x38,
    FLAG_TRACKED = 0x40,
    FLAG_TRUSTED = HGC_FLAGS_TRUSTED,
    FLAG_INTERNED = FLAG_FINALIZED
};
enum { HEAD_TYPE_SHIFT = 32, HEAD_FLAGS_SHIFT = HGC_HEAD_FLAGS };
#define REFCOUNT_IMMORTAL UINT32_C(0xC0000000)

/* Of an object with one reference, in generation 0. */
static inline uint64_t object_head(unsigned type, unsigned flags) {
    return 1 | (uint64_t)type << HEAD_TYPE_SHIFT | (uint64_t)flags << HEAD_FLAGS_SHIFT;
}

/* A tracked object's. */
enum { FLAGS_SUSPECT = FLAG_TRACKED, FLAGS_TRUSTED = FLAG_TRACKED | FLAG_TRUSTED };

static inline int object_is_suspect(const struct hgc_object *o) {
    return (o->flags & FLAGS_TRUSTED) == FLAGS_SUSPECT;
}

/* Of what is not tracked this says nothing. */
static inline void object_suspect(struct hgc_object *o) {
    o->flags &= (uint8_t)~FLAG_TRUSTED;
}

/* Of tracked objects only. */
static inline void object_trust(struct hgc_object *o) {
    o->flags |= FLAG_TRUSTED;
}

static inline uint8_t flag_noted(int generation) {
    return (uint8_t)(FLAG_NOTED_0 << generation);
}

/* Type, generation and flags as one number: the upper half of the head. */
static inline uint32_t object_mark(const struct hgc_object *o) {
    uint32_t mark;
    memcpy(&mark, &o->type, sizeof mark);
    return mark;
}

/* Written at once as well, so that what is read next need not wait for two writes. */
static inline void object_set_mark(struct hgc_object *o, uint32_t mark) {
    memcpy((char *)o + offsetof(struct hgc_object, type), &mark, sizeof mark);
}

/* A mark, but for the type. */
static inline uint32_t object_mark_of(int generation, unsigned flags) {
    return (uint32_t)generation << (HGC_HEAD_GENERATION - HEAD_TYPE_SHIFT) |
           (uint32_t)flags << (HEAD_FLAGS_SHIFT - HEAD_TYPE_SHIFT);
}

/* Tracked and of a generation: one comparison. An entry in a list is stale unless what it names is
 * of the list's generation. */
static inline int object_is_of(const struct hgc_object *o, int generation) {
    return (object_mark(o) & object_mark_of(0xFF, FLAG_TRACKED)) ==
           object_mark_of(generation, FLAG_TRACKED);
}

/* And a suspect. */
static inline int object_is_suspect_of(const struct hgc_object *o, int generation) {
    return (object_mark(o) & object_mark_of(0xFF, FLAGS_TRUSTED)) ==
           object_mark_of(generation, FLAGS_SUSPECT);
}

static inline void object_set(struct hgc_object *o, int generation, unsigned flags) {
    object_set_mark(o, o->type | object_mark_of(generation, flags));
}

/* As the program knows it. */
static inline int object_generation(const struct hgc_object *o) {
    return o->generation == SLICED ? OLDEST : o->generation;
}

/* An automatic collection if one is due (collect.c). */
void collect_if_due(struct hgc_runtime *rt);

/* Puts o into the list of its generation unless it is there; -1 without memory. */
int object_note(struct hgc_runtime *rt, struct hgc_object *o);
/* The same for a new object, which is not there. */
static inline int object_note_new(struct hgc_runtime *rt, struct hgc_object *o) {
    if (vector_push(&rt->noted[0], o))
        return -1;
    o->flags |= FLAG_NOTED_0;
    return 0;
}
/* The same without failing: at worst the next full run looks at everything. */
void object_note_surely(struct hgc_runtime *rt, struct hgc_object *o);
/* Drops what has died from the list of generation 0. Not within a run. */
void object_tidy_list(struct hgc_runtime *rt);
/* Begins to track o as an object of generation 0; -1 without memory. */
int object_track(struct hgc_runtime *rt, struct hgc_object *o);
/* An object that owns what `size` bytes hold, for types whose objects differ in size. */
struct hgc_object *object_make_sized(struct hgc_runtime *rt, const struct hgc_type *type,
                                     size_t size);
/* The memory is gone: gives up the birth of o, if there is an o; returns NULL. */
struct hgc_object *object_give_up(struct hgc_runtime *rt, const struct hgc_type *type,
                                  struct hgc_object *o);

static inline void object_untrack(struct hgc_runtime *rt, struct hgc_object *o) {
    o->flags &= (uint8_t)~FLAGS_TRUSTED;
    rt->tracked[o->generation]--;
}

/* Of a pair (hgc_type.spares). */
static inline int object_is_empty(const struct hgc_object *o) {
    const uintptr_t *field = (const uintptr_t *)(o + 1);
    return !(field[0] | field[1]);
}

static inline int object_is_empty_pair(const struct hgc_object *o, const struct hgc_type *t) {
    return t->spares == 2 && object_is_empty(o);
}

static inline uint64_t *object_hidden(struct hgc_object *o, const struct hgc_type *type) {
    return (uint64_t *)((char *)o + type->hidden);
}

/* Sets words behind the head to zero. */
static inline void object_zero(struct hgc_object *o, size_t words) {
    uint64_t *word = (uint64_t *)(o + 1);
    if (words > 8) {
        memset(word, 0, words * 8);
        return;
    }
    while (words--) {
        *word++ = 0;
        __asm__("" : "+r"(word)); /* not a call of memset for a word or two */
    }
}

/* Writes the head (and the hidden word) of an object in a slot. */
static inline struct hgc_object *object_begin(struct hgc_runtime *rt, const struct hgc_type *type,
                                              struct slot *slot) {
    struct hgc_object *o = (struct hgc_object *)slot;
    uint64_t noted = slot->head & (uint64_t)FLAG_NOTED << HEAD_FLAGS_SHIFT;
    slot->head = type->head | noted;
    if (type->hidden)
        *object_hidden(o, type) = ++rt->births;
    if (o->flags & FLAG_TRACKED) {
        rt->tracked[0]++;
        if (!(o->flags & FLAG_NOTED_0) && unlikely(object_note_new(rt, o)))
            return object_give_up(rt, type, o);
    }
    publish_birth(rt, o);
    return o;
}

/* One more GC object is about to be made. */
static inline void object_count(struct hgc_runtime *rt, const struct hgc_type *type) {
    if (type->cyclic && unlikely(++rt->count[0] > rt->trigger))
        collect_if_due(rt);
}

/* An object of a type whose objects are all of one size; behind its head is anything. */
static inline struct hgc_object *object_make(struct hgc_runtime *rt, const struct hgc_type *type) {
    object_count(rt, type);
    struct slot *slot = slab_take(rt, type->slots, (enum slab_use)type->use, type->size_class);
    if (unlikely(!slot))
        return object_give_up(rt, type, NULL);
    return object_begin(rt, type, slot);
}

/* Gives the slot of a dead object back; it keeps which lists name it. */
static inline void object_put_slot(struct slab *slab, struct hgc_object *o) {
    struct slot *slot = (struct slot *)o;
    slot->head &= (uint64_t)FLAG_NOTED << HEAD_FLAGS_SHIFT;
    slab_put(slab, slot);
}

/* The same unless the run in progress still names it. */
static inline void object_free(struct hgc_runtime *rt, struct hgc_object *o, int cyclic) {
    publish_death(rt, o);
    if (cyclic) {
        if (rt->count[0] > 0)
            rt->count[0]--;
        if (unlikely(o->flags & FLAG_IN_RUN)) {
            o->refcount = 0;
            return;
        }
    }
    object_put_slot(slab_of(o), o);
}

#endif
