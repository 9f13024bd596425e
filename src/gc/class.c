/* Classes, and the birth of their instances; attribute.c has what is in them. */
#include "gc/class.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "gc/birth.h"
#include "gc/check.h"
#include "gc/object.h"
#include "gc/spare.h"
#include "gc/storage.h"
#include "gc/str.h"
#include "gc/type.h"
#include "heapline_objects.h"

const struct name_cache class_no_names[NAME_CACHE];

static void free_values(struct hgc_runtime *rt, struct hgc_object *o) {
    struct instance *instance = (struct instance *)o;
    storage_free(rt, o, instance_values(instance),
                 instance_room(instance) * sizeof(struct hgc_object *));
    instance->values = 0;
}

/* --- the class object --- */

void class_drop_names(struct hgc_runtime *rt, struct class_object *c) {
    while (c->name_count)
        hgc_decref(c->names[--c->name_count]);
    storage_free(rt, &c->head, c->names, c->name_room * sizeof(struct hgc_object *));
    c->names = NULL;
    c->name_room = 0;
    memset(c->cache, 0, sizeof c->cache);
}

static void fini(struct hgc_runtime *rt, struct hgc_object *o) {
    struct class_object *c = (struct class_object *)o;
    class_drop_names(rt, c);
    if (c->type)
        type_drop(rt, c->type);
}

const struct hgc_type class_type = {.name = "class",
                                    .kind = KIND_RANGE,
                                    .cyclic = 1,
                                    .first = offsetof(struct class_object, base),
                                    .nfields = 2,
                                    .fini = fini,
                                    .zeroed = sizeof(struct class_object) / 8 - 1};

int class_find_name(const struct class_object *c, const char *name) {
    const struct hgc_object *interned = string_find(runtime_of(&c->head), name, strlen(name));
    for (uint32_t i = 0; interned && i < c->name_count; i++)
        if (c->names[i] == interned)
            return (int)i;
    return -1;
}

int class_add_name(struct hgc_runtime *rt, struct class_object *c, const char *name) {
    if (c->name_count == ATTRIBUTES_MAX)
        return gc_fail(rt, HEAPLINE_BAD_ARGUMENT, name, "too many attributes");
    if (c->name_count == c->name_room) {
        size_t size = c->name_room * sizeof *c->names;
        size_t room = storage_room(size + size / 2 + sizeof *c->names) / sizeof *c->names;
        void *names = storage_resize(rt, &c->head, c->names, size, room * sizeof *c->names);
        if (!names)
            return -1;
        c->names = names;
        c->name_room = (uint32_t)room;
    }
    struct hgc_object *interned = hgc_intern(rt, name);
    if (!interned)
        return -1;
    c->names[c->name_count++] = interned;
    return 0;
}

static int compare_names(const void *a, const void *b) {
    const struct str *x = *(const struct str *const *)a, *y = *(const struct str *const *)b;
    return strcmp(x->text, y->text);
}

static int add_own_names(struct hgc_runtime *rt, struct class_object *c, const char *const *slots,
                         size_t nslots) {
    uint32_t first = c->name_count;
    for (size_t i = 0; i < nslots; i++)
        if (class_find_name(c, slots[i]) < 0 && class_add_name(rt, c, slots[i]))
            return -1;
    if (c->name_count > first)
        qsort(c->names + first, c->name_count - first, sizeof *c->names, compare_names);
    return 0;
}

static int add_base_names(struct hgc_runtime *rt, struct class_object *c) {
    const struct class_object *base = (const struct class_object *)c->base;
    for (uint32_t i = 0; base && i < base->name_count; i++) {
        const char *name = class_name_at(base, i);
        if (class_find_name(c, name) < 0 && class_add_name(rt, c, name))
            return -1;
    }
    return 0;
}

/* Each once, the class's own by the alphabet. Slots are released in the order of names: the base's
 * come last. */
static int add_names(struct hgc_runtime *rt, struct class_object *c, const char *const *slots,
                     size_t nslots) {
    if (c->slots)
        return add_own_names(rt, c, slots, nslots) || add_base_names(rt, c) ? -1 : 0;
    return add_base_names(rt, c) || add_own_names(rt, c, slots, nslots) ? -1 : 0;
}

static int make_type(struct hgc_runtime *rt, struct class_object *c, const char *name,
                     int (*finalize)(struct hgc_runtime *rt, struct hgc_object *self)) {
    const struct class_object *base = (const struct class_object *)c->base;
    size_t size = c->slots ? sizeof(struct hgc_object) + c->name_count * sizeof(struct hgc_object *)
                           : offsetof(struct instance, values) + sizeof(uint64_t);
    struct hgc_type model = {.kind = c->slots ? KIND_RANGE : KIND_INSTANCE,
                             .cyclic = 1,
                             .weakrefs = 1,
                             .first = sizeof(struct hgc_object),
                             .nfields = c->slots ? c->name_count : 0,
                             .zeroed = (uint32_t)(size / 8 - 1),
                             .hidden = (uint32_t)size,
                             .finalize = finalize ? finalize
                                         : base   ? base->type->finalize
                                                  : NULL,
                             .fini = c->slots ? NULL : free_values,
                             .cls = &c->head};
    c->type = type_make(rt, &model, size + sizeof(uint64_t), name);
    return c->type ? 0 : -1;
}

struct hgc_object *hgc_class_new(struct hgc_runtime *rt, const char *name, struct hgc_object *base,
                                 const char *const *slots, size_t nslots,
                                 int (*finalize)(struct hgc_runtime *rt, struct hgc_object *self)) {
    check_owner(rt);
    if (base && !is_type(base, TYPE_CLASS)) {
        gc_fail(rt, HEAPLINE_BAD_TYPE, type_of(base)->name, "not a class");
        return NULL;
    }
    struct class_object *c = (struct class_object *)object_make(rt, rt->types[TYPE_CLASS]);
    if (!c)
        return NULL;
    object_zero(&c->head, class_type.zeroed);
    c->base = hgc_incref(base);
    c->slots = slots && (!base || ((struct class_object *)base)->slots);
    if (add_names(rt, c, slots, slots ? nslots : 0) || make_type(rt, c, name, finalize)) {
        hgc_decref(&c->head);
        return NULL;
    }
    return &c->head;
}

/* --- instances --- */

static __attribute__((noinline)) struct hgc_object *new_slowly(struct hgc_object *cls,
                                                               struct hgc_type *type) {
    struct hgc_object *o = hgc_new(type->rt, type);
    if (o)
        hgc_incref(cls);
    return o;
}

/* Without a spare. */
static __attribute__((noinline)) struct hgc_object *new_in_slab(struct hgc_object *cls,
                                                                struct hgc_type *type) {
    struct hgc_object *o = birth_numbered(type->rt, type);
    if (unlikely(!o))
        return new_slowly(cls, type);
    hgc_incref(cls);
    return o;
}

/* Without a stack frame in the usual cases. */
FROM_LINE_START struct hgc_object *hgc_instance_new(struct hgc_object *cls) {
    struct hgc_runtime *rt = runtime_of(cls);
    if (!is_type(cls, TYPE_CLASS)) {
        gc_fail(rt, HEAPLINE_BAD_TYPE, type_of(cls)->name, "not a class");
        return NULL;
    }
    struct hgc_type *type = ((struct class_object *)cls)->type;
    if (unlikely(!type->numbered || rt->count[0] >= rt->trigger))
        return new_in_slab(cls, type);
    hgc_incref(cls);
    return spare_take_numbered(rt, type);
}

struct hgc_object *hgc_class_of_borrow(const struct hgc_object *o) {
    return type_of(o)->cls;
}
