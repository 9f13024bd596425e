#include "gc/type.h"
#include <string.h>
#include "gc/check.h"
#include "gc/class.h"
#include "gc/dict.h"
#include "gc/generator.h"
#include "gc/iterator.h"
#include "gc/list.h"
#include "gc/number.h"
#include "gc/object.h"
#include "gc/publish.h"
#include "gc/spare.h"
#include "gc/storage.h"
#include "gc/str.h"
#include "gc/weakref.h"

enum { QUICK_WORDS = 8 }; /* what hgc_new zeroes word by word */

/* In the order of enum builtin. Sizes are 0 where objects differ. */
static const struct builtin_type {
    const struct hgc_type *model;
    size_t size;
} builtins[BUILTIN_TYPES] = {
    {&none_type, sizeof(struct number)},
    {&bool_type, sizeof(struct number)},
    {&int_type, sizeof(struct number)},
    {&float_type, sizeof(struct number)},
    {&str_type, 0},
    {&tuple_type, 0},
    {&list_type, sizeof(struct list)},
    {&dict_type, sizeof(struct dict)},
    {&weakref_type, sizeof(struct weakref)},
    {&generator_type, 0},
    {&iterator_type, sizeof(struct iterator)},
    {&class_type, sizeof(struct class_object)},
};

static int find_id(struct hgc_runtime *rt) {
    for (unsigned tried = 0; tried < TYPES_MAX; tried++) {
        unsigned id = (rt->type_hint + tried) % TYPES_MAX;
        if (!rt->types[id]) {
            rt->type_hint = id + 1;
            return (int)id;
        }
    }
    return gc_fail(rt, HEAPLINE_BAD_STATE, NULL, "too many types");
}

/* A tracer is to hear of deaths, and a string may have to be forgotten. */
static int is_plain(const struct hgc_type *t, size_t size) {
    return t->plain_leaf && size && !publish_is_wanted();
}

static void set_slots(struct hgc_runtime *rt, struct hgc_type *t, size_t size) {
    t->use = t->cyclic ? SLAB_CYCLIC : is_plain(t, size) ? SLAB_PLAIN : SLAB_LEAF;
    t->quick = t->quick_traced = &slab_none;
    if (size && size <= SLAB_SLOT_MAX) {
        t->size_class = (uint8_t)slab_class_of(size);
        t->slots = &rt->slabs.classes[t->use][t->size_class];
        int is_simple = t->cyclic && t->zeroed <= QUICK_WORDS;
        if (is_simple && !publish_is_wanted())
            t->quick = t->slots;
        else if (is_simple && !t->hidden)
            t->quick_traced = t->slots;
    }
}

static void set_cares(struct hgc_type *t) {
    t->cares =
        (uint8_t)((t->kind == KIND_CUSTOM ? CARE_CUSTOM : 0) | (t->finalize ? CARE_FINALIZER : 0) |
                  (t->id == TYPE_WEAKREF ? CARE_WEAKREF : 0) |
                  (t->id == TYPE_CLASS ? CARE_CLASS : 0));
}

static int begins_behind_head(const struct hgc_type *t) {
    return t->nfields && t->zeroed >= t->nfields && t->first == sizeof(struct hgc_object);
}

static enum refers find_refers(const struct hgc_type *t) {
    if (t->kind != KIND_RANGE || t->cls)
        return REFERS_ANYWHERE;
    if (!t->nfields)
        return REFERS_NOWHERE;
    return t->nfields == 2 && begins_behind_head(t) ? REFERS_PAIR : REFERS_ANYWHERE;
}

static void set_head(struct hgc_type *t) {
    unsigned flags = t->cyclic && t->kind != KIND_DICT ? FLAGS_TRUSTED : 0;
    t->head = object_head(t->id, flags);
    int plain = !t->finalize && !t->fini;
    t->plain_leaf |= plain && t->kind == KIND_LEAF && !t->cyclic && !t->hidden;
    t->childless = t->fini && t->kind == KIND_RANGE && !t->nfields && !t->finalize && !t->hidden;
    t->plain_range = plain && t->kind == KIND_RANGE;
    t->refers = find_refers(t);
    t->ends_as_range = !t->fini && !t->legacy && t->kind == KIND_RANGE;
    if (t->ends_as_range && t->cyclic && begins_behind_head(t))
        t->spares = t->nfields == 2 && t->zeroed == 2 && !t->hidden ? 2 : 1;
}

struct hgc_type *type_make(struct hgc_runtime *rt, const struct hgc_type *model, size_t size,
                           const char *name) {
    size_t name_size = strlen(name) + 1;
    size_t fields_size = model->kind == KIND_FIELDS ? model->nfields * sizeof *model->fields : 0;
    size_t bytes = sizeof *model + fields_size + name_size;
    int id = find_id(rt);
    struct hgc_type *t = id < 0 ? NULL : storage_alloc(rt, NULL, bytes);
    if (!t)
        return NULL;
    *t = *model;
    t->rt = rt;
    t->names = t->cls ? ((struct class_object *)t->cls)->cache : class_no_names;
    t->id = (uint16_t)id;
    t->bytes = bytes;
    if (fields_size)
        t->fields = memcpy(t + 1, model->fields, fields_size);
    t->name = memcpy((char *)(t + 1) + fields_size, name, name_size);
    set_head(t);
    set_slots(rt, t, size);
    set_cares(t);
    rt->types[id] = t;
    if (t->id >= rt->type_count)
        rt->type_count = t->id + 1U;
    return t;
}

void type_drop(struct hgc_runtime *rt, struct hgc_type *type) {
    if (type->spare_head)
        spare_flush(rt);
    rt->types[type->id] = NULL;
    storage_free(rt, NULL, type, type->bytes);
}

int type_init(struct hgc_runtime *rt) {
    for (int i = 0; i < BUILTIN_TYPES; i++)
        if (!type_make(rt, builtins[i].model, builtins[i].size, builtins[i].model->name))
            return -1;
    return 0;
}

void type_fini(struct hgc_runtime *rt) {
    for (unsigned id = 0; id < rt->type_count; id++)
        if (rt->types[id])
            type_drop(rt, rt->types[id]);
}

/* --- types of users --- */

static int are_fields_good(const struct hgc_type_spec *spec) {
    for (size_t i = 0; i < spec->nfields; i++)
        if (spec->fields[i] % 8 || spec->fields[i] < sizeof(struct hgc_object) ||
            spec->fields[i] + sizeof(void *) > spec->size)
            return 0;
    return 1;
}

static const char *what_is_wrong(const struct hgc_type_spec *spec) {
    if (!spec->name || spec->size < sizeof(struct hgc_object) || spec->size > UINT32_MAX / 2)
        return "a type needs a name and the size of its objects";
    if (spec->nfields && (spec->traverse || spec->clear || spec->dealloc))
        return "either fields or functions say what a type's objects own";
    if (spec->nfields && (!spec->fields || !are_fields_good(spec)))
        return "a field lies outside of the object or is not aligned";
    if (spec->flags & HGC_TYPE_LEGACY_FINALIZE && !spec->finalize)
        return "a legacy finalizer is missing";
    return NULL;
}

/* Fields that stand in a row are visited without their offsets. */
static void set_fields(struct hgc_type *t, const struct hgc_type_spec *spec) {
    t->nfields = (uint32_t)spec->nfields;
    t->fields = spec->fields;
    t->first = spec->nfields ? spec->fields[0] : 0;
    t->kind = KIND_RANGE;
    for (size_t i = 1; i < spec->nfields; i++)
        if (spec->fields[i] != spec->fields[0] + i * sizeof(void *))
            t->kind = KIND_FIELDS;
    if (!spec->nfields && !(spec->flags & HGC_TYPE_GC))
        t->kind = KIND_LEAF;
}

struct hgc_type *hgc_type_new(struct hgc_runtime *rt, const struct hgc_type_spec *spec) {
    check_owner(rt);
    const char *wrong = what_is_wrong(spec);
    if (wrong) {
        gc_fail(rt, HEAPLINE_BAD_ARGUMENT, spec->name, wrong);
        return NULL;
    }
    struct hgc_type model = {.cyclic = (spec->flags & HGC_TYPE_GC) != 0,
                             .weakrefs = (spec->flags & HGC_TYPE_WEAKREFS) != 0,
                             .legacy = (spec->flags & HGC_TYPE_LEGACY_FINALIZE) != 0,
                             .finalize = spec->finalize,
                             .traverse = spec->traverse,
                             .clear = spec->clear,
                             .dealloc = spec->dealloc};
    set_fields(&model, spec);
    if (spec->traverse || spec->clear || spec->dealloc)
        model.kind = KIND_CUSTOM;
    size_t size = type_hidden_at(spec->size);
    model.zeroed = (uint32_t)(size / 8 - 1);
    if (model.finalize || model.weakrefs) {
        model.hidden = (uint32_t)size;
        size += 8;
    }
    return type_make(rt, &model, size, spec->name);
}

/* Free slots have type 0. */
static int has_instances(struct hgc_runtime *rt, uint16_t id) {
    spare_flush(rt);
    for (int half = 0; half < 2; half++) {
        struct slab_cursor c = {0};
        struct slab *slab;
        while ((slab = slab_next(&rt->slabs, (enum reserve_half)half, &c)))
            for (uint32_t i = 0; slab->use != SLAB_STORAGE && i < slab->fresh; i++) {
                const char *slot = slab_slots(slab) + (size_t)i * slab->slot_size;
                if (((const struct hgc_object *)slot)->type == id)
                    return 1;
            }
    }
    return 0;
}

int hgc_type_free(struct hgc_runtime *rt, struct hgc_type *type) {
    check_owner(rt);
    if (type->id < BUILTIN_TYPES || type->cls || has_instances(rt, type->id))
        return gc_fail(rt, HEAPLINE_BAD_STATE, type->name, "the type is in use");
    type_drop(rt, type);
    return 0;
}
