#include "gc/object.h"
#include "gc/birth.h"
#include "gc/check.h"
#include "gc/spare.h"
#include "gc/stress.h"

extern inline struct hgc_object *hgc_incref(struct hgc_object *o);
extern inline void hgc_decref(struct hgc_object *o);
extern inline void hgc_assign(struct hgc_object **field, struct hgc_object *o);
extern inline void hgc_touch(struct hgc_object *owner);

int object_note(struct hgc_runtime *rt, struct hgc_object *o) {
    uint8_t noted = flag_noted(o->generation);
    if (o->flags & noted)
        return 0;
    if (vector_push(&rt->noted[o->generation], o))
        return -1;
    o->flags |= noted;
    return 0;
}

void object_note_surely(struct hgc_runtime *rt, struct hgc_object *o) {
    if (object_note(rt, o) == 0)
        return;
    rt->whole_pass_due = 1;
    if (o->generation < OLDEST) { /* whatever has no place in the young lists is old */
        rt->tracked[o->generation]--;
        rt->tracked[OLDEST]++;
        o->generation = OLDEST;
    }
}

void object_tidy_list(struct hgc_runtime *rt) {
    struct vector *list = &rt->noted[0];
    size_t kept = 0;
    spare_flush(rt); /* they count as listed */
    for (size_t i = 0; i < list->count; i++) {
        struct hgc_object *o = list->items[i];
        if (object_is_of(o, 0))
            list->items[kept++] = o;
        else
            o->flags &= (uint8_t)~FLAG_NOTED_0;
    }
    list->count = kept;
    if (!kept)
        vector_clear(list);
}

int object_track(struct hgc_runtime *rt, struct hgc_object *o) {
    o->generation = 0;
    if (object_note(rt, o))
        return gc_fail_memory(rt);
    o->flags |= FLAGS_TRUSTED;
    rt->tracked[0]++;
    return 0;
}

struct hgc_object *object_give_up(struct hgc_runtime *rt, const struct hgc_type *type,
                                  struct hgc_object *o) {
    if (type->cyclic && rt->count[0] > 0)
        rt->count[0]--;
    if (o) {
        rt->tracked[0]--;
        object_put_slot(slab_of(o), o);
    }
    gc_fail_memory(rt);
    return NULL;
}

struct hgc_object *object_make_sized(struct hgc_runtime *rt, const struct hgc_type *type,
                                     size_t size) {
    object_count(rt, type);
    enum slab_use use = (enum slab_use)type->use;
    struct slot *slot;
    if (size > SLAB_SLOT_MAX) {
        slot = slab_take_large(rt, use, size);
    } else {
        unsigned size_class = slab_class_of(size);
        slot = slab_take(rt, &rt->slabs.classes[use][size_class], use, size_class);
    }
    return slot ? object_begin(rt, type, slot) : object_give_up(rt, type, NULL);
}

static __attribute__((noinline)) struct hgc_object *new_anyhow(struct hgc_runtime *rt,
                                                               struct hgc_type *type) {
    struct hgc_object *o = type->slots
                               ? object_make(rt, type)
                               : object_make_sized(rt, type, (type->zeroed + UINT64_C(2)) * 8);
    if (o)
        object_zero(o, type->zeroed);
    return o;
}

/* With a tracer, if it is as simple as without one. */
static struct hgc_object *new_slowly(struct hgc_runtime *rt, struct hgc_type *type) {
    check_owner(rt);
    struct hgc_object *o = birth_in_slab(rt, type, type->quick_traced);
    if (!o)
        return new_anyhow(rt, type);
    return rt->publisher ? publish_birth_now(rt, o) : o;
}

/* With a hidden word. */
static __attribute__((noinline)) struct hgc_object *new_numbered(struct hgc_runtime *rt,
                                                                 struct hgc_type *type) {
    if (type->numbered && rt->count[0] < rt->trigger)
        return spare_take_numbered(rt, type);
    struct hgc_object *o = birth_numbered(rt, type);
    return likely(o) ? o : new_slowly(rt, type);
}

/* Without a spare. */
FROM_LINE_START static __attribute__((noinline)) struct hgc_object *
new_in_slab(struct hgc_runtime *rt, struct hgc_type *type) {
    if (type->hidden)
        return new_numbered(rt, type);
    struct hgc_object *o = birth_in_slab(rt, type, type->quick);
    return likely(o) ? o : new_slowly(rt, type);
}

/* The usual case in 14 instructions and without a stack frame. */
FROM_LINE_START struct hgc_object *hgc_new(struct hgc_runtime *rt, struct hgc_type *type) {
    struct slot *slot = type->spare;
    if (unlikely(!slot || rt->count[0] >= rt->trigger))
        return new_in_slab(rt, type);
    type->spare = slot->next;
    slot->next = NULL; /* the other fields are NULL already */
    slot->head = type->spare_head;
    rt->count[0]++;
    return (struct hgc_object *)slot;
}

static __attribute__((noinline)) void suspect_old(struct hgc_object *o) {
    struct hgc_runtime *rt = runtime_of(o);
    if (rt->types[o->type]->refers == REFERS_NOWHERE)
        return;
    object_suspect(o);
    object_note_surely(rt, o);
}

/* Trash and frozen objects are seen to when they are neither any more. */
void hgc_suspect(struct hgc_object *o) {
    if (o->generation == OLDEST && !(o->flags & FLAG_IN_RUN))
        suspect_old(o);
    else
        object_suspect(o);
}

uint32_t hgc_get_refcount(const struct hgc_object *o) {
    return o->refcount;
}

const struct hgc_type *hgc_type_of(const struct hgc_object *o) {
    return type_of(o);
}

const char *hgc_type_name(const struct hgc_type *type) {
    return type->name;
}

int hgc_is_tracked(const struct hgc_object *o) {
    return type_of(o)->cyclic && (o->flags & FLAG_TRACKED) != 0;
}

int hgc_is_finalized(const struct hgc_object *o) {
    return type_of(o)->finalize && o->flags & FLAG_FINALIZED;
}

int hgc_get_generation(const struct hgc_object *o) {
    return hgc_is_tracked(o) ? object_generation(o) : -1;
}
