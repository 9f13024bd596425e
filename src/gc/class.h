/* Classes made at run time and their instances.
 *
 * A class is an object that owns a type of the runtime; each instance owns a reference to its class
 * beside its attributes. With slots, those are fields in a row, in the order of their names. On
 * demand, the class gives each new name the next index for all its instances, and an instance keeps
 * the values in an array as long as it needs; the array's length stands in the upper 16 bits of the
 * pointer. */
#ifndef GC_CLASS_H
#define GC_CLASS_H

#include "gc/dict.h"
#include "gc/runtime.h"
#include "gc/str.h"

enum { VALUES_SHIFT = 48, ATTRIBUTES_MAX = UINT16_MAX };
#define VALUES_MASK ((UINT64_C(1) << VALUES_SHIFT) - 1)

struct instance {
    struct hgc_object head;
    uint64_t values; /* length and address; on demand only */
    /* then the hidden word */
};

/* Of the last names asked for, filled by attribute.c: the caller's pointers, whose texts may have
 * changed. `at_once`: the same if the text lies in two aligned words of memory; these words, and
 * which of their bits are the text's, its end included. 64 bytes in all. */
enum { NAME_CACHE = 8, NAME_WORDS = 2 };
struct name_cache {
    const char *at_once, *name;
    uint64_t text[NAME_WORDS], mask[NAME_WORDS];
    uint64_t index, padding;
};

struct class_object {
    struct hgc_object head;
    struct hgc_object *base;       /* or NULL */
    struct hgc_object *attributes; /* a dict of the class's own, or NULL */
    struct hgc_type *type;         /* of its instances; NULL while it is being made */
    struct hgc_object **names;     /* interned strings by index; storage for `name_room` */
    uint32_t name_count, name_room;
    uint32_t slots; /* 1: the names are fixed */
    uint32_t padding;
    struct name_cache cache[NAME_CACHE];
};

extern const struct hgc_type class_type;

/* The names that types have whose objects have no attributes: none. */
extern const struct name_cache class_no_names[NAME_CACHE];

/* The index of a name, or -1. */
int class_find_name(const struct class_object *c, const char *name);
/* One name more; -1: see rt->error. */
int class_add_name(struct hgc_runtime *rt, struct class_object *c, const char *name);
/* Gives the names up that only the class needs: it is the end of the runtime. */
void class_drop_names(struct hgc_runtime *rt, struct class_object *c);

static inline const char *class_name_at(const struct class_object *c, uint32_t i) {
    return ((const struct str *)c->names[i])->text;
}

static inline struct hgc_object **instance_values(const struct instance *o) {
    return (struct hgc_object **)(uintptr_t)(o->values & VALUES_MASK);
}

static inline size_t instance_room(const struct instance *o) {
    return o->values >> VALUES_SHIFT;
}

#endif
