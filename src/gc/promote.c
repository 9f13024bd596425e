#include "gc/promote.h"
#include "gc/children.h"

#define INLINE static inline __attribute__((always_inline))

/* A list whose objects are promoted up to one that is in the way; stale entries go. */
struct sweep {
    struct vector list;
    size_t at, kept; /* entries: looked at, and left of these */
};

/* n entries have been promoted. */
INLINE void keep(struct sweep *s, size_t n) {
    if (s->kept != s->at)
        memmove(&s->list.items[s->kept], &s->list.items[s->at], n * sizeof *s->list.items);
    s->kept += n;
    s->at += n;
}

INLINE void drop_stale(struct sweep *s, int generation) {
    struct hgc_object *o = s->list.items[s->at++];
    o->flags &= (uint8_t)~flag_noted(generation);
}

/* Returns how many have been promoted. */
INLINE size_t end_sweep(struct sweep *s, struct vector *list) {
    size_t promoted = s->kept;
    keep(s, s->list.count - s->at);
    list->count = s->kept;
    return promoted;
}

static void take_back(struct vector list, size_t count, int generation) {
    for (size_t i = 0; i < count; i++) {
        struct hgc_object *o = list.items[i];
        object_set(o, generation, o->flags | flag_noted(generation));
    }
}

/* --- the usual objects of a list, one after the other --- */

/* The mark of such an object, and what becomes of it, but for flags that do not matter. */
enum { NO_MATTER = FLAG_FINALIZED | FLAG_WEAKREFS };
struct usual {
    uint32_t before, after;
};

INLINE uint32_t trusted_of(int generation, unsigned flags) {
    return object_mark_of(generation, FLAGS_TRUSTED | flags);
}

INLINE int is_usual(const struct hgc_object *o, struct usual usual) {
    return (object_mark(o) & object_mark_of(0xFF, ~(unsigned)NO_MATTER)) == usual.before;
}

INLINE void change(struct hgc_object *o, struct usual usual) {
    object_set_mark(o, object_mark(o) ^ usual.before ^ usual.after);
}

/* Pairs without a reference ahead, and what refers to nothing; how many. Which fields are NULL is
 * not asked, since no processor can guess: `none` stands for what is not there. `pair` is the mark
 * of usual pairs of the type that came last; 0, which is nobody's that a list names: none yet. */
static __attribute__((noinline)) size_t
promote_pairs(struct hgc_type *const *types, void *const *items, size_t count, struct usual usual) {
    static const struct hgc_object not_tracked;
    const struct hgc_object *none = &not_tracked;
    uint32_t pair = 0;
    __asm__("" : "+r"(none)); /* or the compiler asks */
    for (size_t i = 0; i < count; i++) {
        struct hgc_object *o = items[i];
        uint32_t mark = object_mark(o) & ~object_mark_of(0, NO_MATTER);
        if (mark != pair) {
            enum refers refers = (enum refers)types[o->type]->refers;
            if (!is_usual(o, usual) || refers == REFERS_ANYWHERE)
                return i;
            if (refers == REFERS_NOWHERE) {
                change(o, usual);
                continue;
            }
            pair = mark;
        }
        const struct hgc_object *const *field = (const struct hgc_object *const *)(o + 1);
        const struct hgc_object *first = field[0] ? field[0] : none;
        const struct hgc_object *second = field[1] ? field[1] : none;
        if (object_is_of(first, 0) || object_is_of(second, 0))
            return i;
        change(o, usual);
    }
    return count;
}

/* Any; how many. */
static __attribute__((noinline)) size_t promote_usual(void *const *items, size_t count,
                                                      struct usual usual) {
    size_t i = 0;
    for (; i < count && is_usual(items[i], usual); i++)
        change(items[i], usual);
    return i;
}

/* --- the young --- */

/* What has not been promoted yet comes later in the list, or is the object itself. */
INLINE int is_ahead(struct hgc_object *child, void *any) {
    return *(int *)any |= object_is_of(child, 0);
}

static __attribute__((noinline)) int has_ahead_custom(struct hgc_object *o,
                                                      const struct hgc_type *t) {
    int any = 0;
    (void)children_visit(o, t, is_ahead, &any); /* whether it hands the result on or not */
    return any;
}

INLINE int has_ahead(struct hgc_object *o, const struct hgc_type *t) {
    int any = 0;
    return t->kind == KIND_CUSTOM ? has_ahead_custom(o, t) : children_visit(o, t, is_ahead, &any);
}

INLINE void sweep_pairs(struct hgc_runtime *rt, struct sweep *s, int next, struct vector *older) {
    const struct usual usual = {trusted_of(0, FLAG_NOTED_0),
                                trusted_of(next, next == 1 ? flag_noted(1) : 0)};
    void **items = s->list.items + s->at;
    size_t pairs = promote_pairs(rt->types, items, s->list.count - s->at, usual);
    if (!pairs)
        return;
    if (next == 1) {
        memcpy(older->items + older->count, items, pairs * sizeof *items);
        older->count += pairs;
    }
    keep(s, pairs);
}

/* 0: the next one is in the way. */
INLINE int sweep_one(struct hgc_runtime *rt, struct sweep *s, int next, struct vector *older) {
    struct hgc_object *o = s->list.items[s->at];
    promote_prefetch(s->list, s->at);
    if (unlikely(!object_is_of(o, 0))) {
        drop_stale(s, 0);
        return 1;
    }
    if (object_is_suspect(o) || has_ahead(o, rt->types[o->type]))
        return 0;
    promote_to(o, next, FLAG_TRUSTED, older);
    keep(s, 1);
    return 1;
}

INLINE size_t promote_some(struct hgc_runtime *rt, int next, struct vector *older) {
    struct sweep s = {.list = rt->noted[0]};
    do
        sweep_pairs(rt, &s, next, older);
    while (s.at < s.list.count && sweep_one(rt, &s, next, older));
    return end_sweep(&s, &rt->noted[0]);
}

void promote_count_young(struct hgc_runtime *rt, struct run *r) {
    size_t count = rt->noted[0].count;
    rt->tracked[0] -= (int64_t)count;
    rt->tracked[r->generation ? OLDEST : 1] += (int64_t)count;
    r->examined = count;
    vector_clear(&rt->noted[0]);
}

const struct hgc_object *promote_young(struct hgc_runtime *rt, struct run *r) {
    struct vector older = rt->noted[1];
    size_t count = r->generation ? promote_some(rt, OLDEST, NULL) : promote_some(rt, 1, &older);
    rt->noted[1] = older;
    if (count < rt->noted[0].count) {
        take_back(rt->noted[0], count, 0);
        return rt->noted[0].items[count];
    }
    promote_count_young(rt, r);
    return NULL;
}

/* --- generation 1 --- */

static void promote_one(struct sweep *s, struct hgc_object *o) {
    object_set(o, OLDEST, o->flags & (uint8_t)~flag_noted(1));
    keep(s, 1);
}

/* Up to the first suspect or stale entry. */
static struct hgc_object *promote_to_unusual(struct sweep *s) {
    const struct usual usual = {trusted_of(1, flag_noted(1)), trusted_of(OLDEST, 0)};
    keep(s, promote_usual(s->list.items + s->at, s->list.count - s->at, usual));
    return s->at < s->list.count ? s->list.items[s->at] : NULL;
}

size_t promote_middle(struct hgc_runtime *rt) {
    struct sweep s = {.list = rt->noted[1]};
    struct hgc_object *o;
    while ((o = promote_to_unusual(&s)) && !object_is_suspect_of(o, 1))
        if (object_is_of(o, 1))
            promote_one(&s, o);
        else
            drop_stale(&s, 1);
    size_t count = end_sweep(&s, &rt->noted[1]);
    if (count < rt->noted[1].count)
        take_back(rt->noted[1], count, 1);
    return count;
}

void promote_middle_ends(struct hgc_runtime *rt, int for_good) {
    size_t count = rt->noted[1].count;
    if (!for_good) {
        take_back(rt->noted[1], count, 1);
        return;
    }
    rt->tracked[1] -= (int64_t)count;
    rt->tracked[OLDEST] += (int64_t)count;
    vector_clear(&rt->noted[1]);
}

void promote_suspects(struct hgc_runtime *rt) {
    struct sweep s = {.list = rt->noted[1]};
    struct hgc_object *o;
    while ((o = promote_to_unusual(&s)))
        if (!object_is_of(o, 1)) {
            drop_stale(&s, 1);
        } else {
            promote_one(&s, o);
            if (object_is_suspect(o))
                object_note_surely(rt, o);
        }
    end_sweep(&s, &rt->noted[1]);
    promote_middle_ends(rt, 1);
}
