#include "gc/class.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "gc/check.h"
#include "gc/object.h"
#include "gc/spare.h"
#include "gc/storage.h"
#include "gc/str.h"
#include "gc/type.h"
#include "heapline_objects.h"

enum { SHORT_NAME = 10 };

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

static const char *name_at(const struct class_object *c, uint32_t i) {
    return ((const struct str *)c->names[i])->text;
}

static int find_name(const struct class_object *c, const char *name) {
    const struct hgc_object *interned = string_find(runtime_of(&c->head), name, strlen(name));
    for (uint32_t i = 0; interned && i < c->name_count; i++)
        if (c->names[i] == interned)
            return (int)i;
    return -1;
}

static struct name_cache *cache_of(struct class_object *c, const char *name) {
    return &c->cache[((uintptr_t)name ^ (uintptr_t)name >> 3) % NAME_CACHE];
}

/* The index of an attribute of the instances, or -1. */
static int class_index(struct class_object *c, const char *name) {
    struct name_cache *cached = cache_of(c, name);
    if (cached->name == name && !strcmp(name, cached->text))
        return (int)cached->index;
    int i = find_name(c, name);
    if (i >= 0)
        *cached = (struct name_cache){name, name_at(c, (uint32_t)i), (uint32_t)i,
                                      strlen(name) <= SHORT_NAME};
    return i;
}

static int add_name(struct hgc_runtime *rt, struct class_object *c, const char *name) {
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

/* The base's names, then the class's own: those of slots by the alphabet, each once. */
static int add_names(struct hgc_runtime *rt, struct class_object *c, const char *const *slots,
                     size_t nslots) {
    const struct class_object *base = (const struct class_object *)c->base;
    for (uint32_t i = 0; base && i < base->name_count; i++)
        if (add_name(rt, c, name_at(base, i)))
            return -1;
    uint32_t own = c->name_count;
    for (size_t i = 0; i < nslots; i++)
        if (find_name(c, slots[i]) < 0 && add_name(rt, c, slots[i]))
            return -1;
    if (c->name_count > own)
        qsort(c->names + own, c->name_count - own, sizeof *c->names, compare_names);
    return 0;
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

static __attribute__((noinline)) struct hgc_object *new_instance(struct hgc_object *cls,
                                                                 struct hgc_type *type) {
    struct hgc_object *o = hgc_new(type->rt, type);
    if (o)
        hgc_incref(cls);
    return o;
}

struct hgc_object *hgc_instance_new(struct hgc_object *cls) {
    struct hgc_runtime *rt = runtime_of(cls);
    if (!is_type(cls, TYPE_CLASS)) {
        gc_fail(rt, HEAPLINE_BAD_TYPE, type_of(cls)->name, "not a class");
        return NULL;
    }
    struct hgc_type *type = ((struct class_object *)cls)->type;
    if (likely(type->numbered && rt->count[0] < rt->trigger)) {
        hgc_incref(cls);
        return spare_take_numbered(rt, type);
    }
    return new_instance(cls, type);
}

struct hgc_object *hgc_class_of_borrow(const struct hgc_object *o) {
    return type_of(o)->cls;
}

/* --- attributes --- */

static int no_attribute(const struct hgc_object *o, const char *name) {
    return gc_fail(runtime_of(o), HEAPLINE_NO_KEY, name, "no such attribute");
}

static inline struct hgc_object **slot_at(struct hgc_object *o, const struct hgc_type *t,
                                          size_t i) {
    struct instance *instance = (struct instance *)o;
    if (likely(t->kind == KIND_RANGE))
        return (struct hgc_object **)(o + 1) + i;
    return i < instance_room(instance) ? &instance_values(instance)[i] : NULL;
}

/* The same few names are asked for all the time, by the same literals, most of them short, so that
 * a call of strcmp would cost more than the loop. NULL: it is none of these. */
static inline struct hgc_object **cached_slot(struct hgc_object *o, const struct hgc_type *t,
                                              const char *name) {
    const struct name_cache *cached = cache_of((struct class_object *)t->cls, name);
    const char *text = cached->text;
    uint32_t index = cached->index;
    if (unlikely(cached->name != name || !cached->is_short))
        return NULL;
    for (; *name == *text; name++, text++)
        if (!*text)
            return slot_at(o, t, index);
    return NULL;
}

/* Where the instance keeps an attribute; NULL: nowhere. */
static struct hgc_object **attribute_slot(struct hgc_object *o, const struct hgc_type *t,
                                          const char *name) {
    int i = class_index((struct class_object *)t->cls, name);
    return i < 0 ? NULL : slot_at(o, t, (size_t)i);
}

/* Room for as many values as the class has names: the next ones will follow. */
static int grow_values(struct hgc_runtime *rt, struct instance *o, const struct class_object *c) {
    size_t size = instance_room(o) * sizeof(struct hgc_object *);
    size_t room = storage_room(c->name_count * sizeof(struct hgc_object *)) / 8;
    room = room > ATTRIBUTES_MAX ? ATTRIBUTES_MAX : room;
    struct hgc_object **values =
        storage_resize(rt, &o->head, instance_values(o), size, room * sizeof *values);
    if (!values)
        return -1;
    memset(values + instance_room(o), 0, (room - instance_room(o)) * sizeof *values);
    o->values = (uintptr_t)values | (uint64_t)room << VALUES_SHIFT;
    return 0;
}

static int make_attribute(struct hgc_object *o, const struct hgc_type *t, const char *name) {
    struct hgc_runtime *rt = runtime_of(o);
    struct class_object *c = (struct class_object *)t->cls;
    if (c->slots)
        return no_attribute(o, name);
    if (class_index(c, name) < 0 && add_name(rt, c, name))
        return -1;
    return grow_values(rt, (struct instance *)o, c);
}

/* Making the dict may run user code, which has then made it. */
static int make_attributes(struct hgc_runtime *rt, struct class_object *c) {
    struct hgc_object *dict = hgc_dict_new(rt);
    if (!dict)
        return -1;
    if (!c->attributes)
        hgc_assign(&c->attributes, dict);
    hgc_decref(dict);
    return 0;
}

/* Attributes of a class are items of a dict. */
static int set_in_class(struct class_object *c, const char *name, struct hgc_object *value) {
    struct hgc_runtime *rt = runtime_of(&c->head);
    if (!c->attributes && make_attributes(rt, c))
        return -1;
    struct hgc_object *key = hgc_intern(rt, name);
    int result = !key    ? -1
                 : value ? hgc_dict_set(c->attributes, key, value)
                         : hgc_dict_delete(c->attributes, key);
    hgc_decref(key);
    return result;
}

static struct hgc_object *find_in_class(const struct class_object *c, const char *name) {
    struct hgc_object *key = string_find(runtime_of(&c->head), name, strlen(name));
    struct hgc_object *found = NULL;
    for (; key && c && !found; c = (const struct class_object *)c->base)
        if (c->attributes)
            found =
                dict_find((const struct dict *)c->attributes, key, ((const struct str *)key)->hash);
    return found;
}

static __attribute__((noinline)) int set_slowly(struct hgc_object *o, const char *name,
                                                struct hgc_object *value) {
    const struct hgc_type *t = type_of(o);
    check_owner(t->rt);
    if (gc_check_object(t->rt, value))
        return -1;
    if (is_type(o, TYPE_CLASS))
        return set_in_class((struct class_object *)o, name, value);
    if (!t->cls)
        return no_attribute(o, name);
    struct hgc_object **slot = attribute_slot(o, t, name);
    if (!slot) {
        if (make_attribute(o, t, name))
            return -1;
        slot = attribute_slot(o, t, name);
    }
    hgc_assign(slot, value);
    return 0;
}

static __attribute__((noinline)) int replace(struct hgc_object **slot, struct hgc_object *value) {
    hgc_assign(slot, value);
    return 0;
}

/* Without a stack frame in the usual cases. */
int hgc_attr_set(struct hgc_object *o, const char *name, struct hgc_object *value) {
    const struct hgc_runtime *rt = runtime_of(o);
    const struct hgc_type *t = rt->types[o->type];
    struct hgc_object **slot;
    if (unlikely(!t->cls || !value || rt->stress || !(slot = cached_slot(o, t, name))))
        return set_slowly(o, name, value);
    if (*slot)
        return replace(slot, value);
    *slot = hgc_incref(value);
    return 0;
}

int hgc_attr_delete(struct hgc_object *o, const char *name) {
    check_owner(runtime_of(o));
    const struct hgc_type *t = type_of(o);
    if (is_type(o, TYPE_CLASS) && ((struct class_object *)o)->attributes)
        return set_in_class((struct class_object *)o, name, NULL);
    struct hgc_object **slot = t->cls ? attribute_slot(o, t, name) : NULL;
    if (!slot || !*slot)
        return no_attribute(o, name);
    hgc_assign(slot, NULL);
    return 0;
}

static __attribute__((noinline)) struct hgc_object *get_slowly(struct hgc_object *o,
                                                               const char *name) {
    check_owner(runtime_of(o));
    const struct hgc_type *t = type_of(o);
    struct hgc_object **slot = t->cls ? attribute_slot(o, t, name) : NULL;
    if (slot && *slot)
        return hgc_incref(*slot);
    const struct class_object *c =
        (const struct class_object *)(is_type(o, TYPE_CLASS) ? o : t->cls);
    struct hgc_object *found = c ? find_in_class(c, name) : NULL;
    if (!found)
        no_attribute(o, name);
    return hgc_incref(found);
}

struct hgc_object *hgc_attr_get(struct hgc_object *o, const char *name) {
    const struct hgc_runtime *rt = runtime_of(o);
    const struct hgc_type *t = rt->types[o->type];
    struct hgc_object **slot;
    if (unlikely(!t->cls || rt->stress || !(slot = cached_slot(o, t, name)) || !*slot))
        return get_slowly(o, name);
    return hgc_incref(*slot);
}
