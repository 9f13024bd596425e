/* Attributes of instances, by name, and of classes, whose are items of a dict. */
#include <string.h>
#include "gc/check.h"
#include "gc/class.h"
#include "gc/object.h"
#include "gc/storage.h"
#include "gc/str.h"
#include "heapline_objects.h"

/* --- where they are --- */

static inline size_t cache_index(const char *name) {
    return ((uintptr_t)name ^ (uintptr_t)name >> 3) % NAME_CACHE;
}

/* What is found under stress is not found at once: everything is to be checked. */
static void remember(struct class_object *c, const char *name, uint32_t index) {
    struct name_cache *cached = &c->cache[cache_index(name)];
    size_t first = (uintptr_t)name % sizeof(uint64_t), size = strlen(name) + 1;
    *cached = (struct name_cache){.name = name, .index = index};
    if (first + size > sizeof cached->text || runtime_of(&c->head)->stress)
        return;
    cached->at_once = name;
    memcpy((char *)cached->text + first, name, size);
    memset((char *)cached->mask + first, 0xFF, size);
}

/* The index of an attribute of the instances, or -1. */
static int find_index(struct class_object *c, const char *name) {
    const struct name_cache *cached = &c->cache[cache_index(name)];
    if (cached->name == name && !strcmp(name, class_name_at(c, cached->index)))
        return (int)cached->index;
    int i = class_find_name(c, name);
    if (i >= 0)
        remember(c, name, (uint32_t)i);
    return i;
}

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

/* Word i of those that a text lies in. Reads what stands around the text as well: an aligned word
 * is never half in memory. */
static inline __attribute__((no_sanitize("address"))) uint64_t word_at(const char *text, size_t i) {
    typedef uint64_t __attribute__((may_alias)) word;
    return ((const word *)((uintptr_t)text & -sizeof(word)))[i];
}

/* The same few names are asked for all the time, by the same literals, most of them short. The
 * second word is looked at only if the text goes on there. NULL: it is none of these. */
static inline struct hgc_object **cached_slot(struct hgc_object *o, const struct hgc_type *t,
                                              const char *name) {
    const struct name_cache *cached = &t->names[cache_index(name)];
    __asm__("" : "+r"(cached)); /* one address, not several */
    if (unlikely(cached->at_once != name ||
                 (word_at(name, 0) ^ cached->text[0]) & cached->mask[0] ||
                 (cached->mask[1] && (word_at(name, 1) ^ cached->text[1]) & cached->mask[1])))
        return NULL;
    return slot_at(o, t, cached->index);
}

/* Where the instance keeps an attribute; NULL: nowhere. */
static struct hgc_object **attribute_slot(struct hgc_object *o, const struct hgc_type *t,
                                          const char *name) {
    int i = find_index((struct class_object *)t->cls, name);
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
    if (find_index(c, name) < 0 && class_add_name(rt, c, name))
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
FROM_LINE_START int hgc_attr_set(struct hgc_object *o, const char *name, struct hgc_object *value) {
    const struct hgc_type *t = type_of(o);
    struct hgc_object **slot;
    if (unlikely(!value || !(slot = cached_slot(o, t, name))))
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
    const struct hgc_type *t = type_of(o);
    struct hgc_object **slot;
    if (unlikely(!(slot = cached_slot(o, t, name)) || !*slot))
        return get_slowly(o, name);
    return hgc_incref(*slot);
}
