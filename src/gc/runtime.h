/* What a runtime is made of. Everything here belongs to one thread at a time; nothing is locked.
 *
 * Memory: objects and their storage live in the runtime's slabs (slab.h), all else in pages of its
 * own, so that hgc_runtime_free gives everything back and nothing passes through malloc. */
#ifndef GC_RUNTIME_H
#define GC_RUNTIME_H

#include "base/error.h"
#include "gc/scratch.h"
#include "gc/slab.h"
#include "gc/vector.h"
#include "heapline_gc.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
/* For the shortest ways: where a function begins within a cache line costs as much as some of its
 * instructions, and else depends on what stands before it. */
#define FROM_LINE_START __attribute__((aligned(64)))

/* SLICED: of the oldest, and looked at by a run in slices (slices.h). */
enum { GENERATIONS = 3, OLDEST = 2, FROZEN = 3, SLICED = 4, TYPES_MAX = 1 << 16 };

/* Where the references are that an object owns. */
enum kind {
    KIND_LEAF,      /* it owns none */
    KIND_RANGE,     /* nfields in a row from offset `first` */
    KIND_FIELDS,    /* at the offsets `fields` */
    KIND_LIST,      /* list.h */
    KIND_TUPLE,     /* tuple.h */
    KIND_DICT,      /* dict.h */
    KIND_INSTANCE,  /* class.h: attributes on demand */
    KIND_GENERATOR, /* generator.h */
    KIND_CUSTOM     /* traverse, clear and dealloc know */
};

/* What the end of a piece of trash takes more than its memory. */
enum care {
    CARE_CUSTOM = 1,    /* functions of its type's */
    CARE_FINALIZER = 2, /* legacy or not */
    CARE_WATCHED = 4,   /* weak references lead to it (FLAG_WEAKREFS); of no type as such */
    CARE_WEAKREF = 8,   /* it is one */
    CARE_CLASS = 16     /* other trash may be its instances */
};

/* What the objects of a type refer to. */
enum refers {
    REFERS_ANYWHERE,
    REFERS_NOWHERE, /* they are part of no cycle */
    REFERS_PAIR     /* two fields behind the head, and nothing else */
};

struct hgc_type {
    uint64_t head;            /* of a new object */
    struct slot *spare;       /* spare.h */
    uint64_t spare_head;      /* of an object from a spare, or about to be one; 0: none */
    uint32_t pair_mark;       /* of a pair: the upper half of that, else 0 */
    uint32_t nfields;         /* KIND_RANGE, KIND_FIELDS */
    struct slab_class *slots; /* NULL: the objects differ in size, or are large */
    struct slab_class *quick; /* for hgc_new: the same, or no slots where it is not that simple */
    struct slab_class *quick_traced; /* that simple but for a tracer; quick has no slots then */
    uint8_t kind, use, size_class, cyclic;
    uint8_t plain_leaf;    /* dies by giving its slot back, nothing else */
    uint8_t plain_range;   /* dies by dropping a range of fields, and its class, nothing else */
    uint8_t ends_as_range; /* the same once its finalizer has run */
    uint8_t childless;     /* dies by `fini` and giving its slot back, nothing else */
    uint8_t spares;   /* of ranges: the fields begin as 0 behind the head; 2: two, nothing else */
    uint8_t refers;   /* enum refers */
    uint8_t weakrefs; /* its objects may have some */
    uint8_t cares;    /* of enum care */
    uint16_t id;
    uint32_t hidden; /* offset of the hidden word (object.h), 0: none */
    uint32_t first;  /* KIND_RANGE: the offset of the first field */
    uint32_t zeroed; /* 8-byte words behind the head, the hidden one not among them */
    const uint16_t *fields;
    int (*finalize)(struct hgc_runtime *rt, struct hgc_object *self);
    int legacy;
    void (*fini)(struct hgc_runtime *rt, struct hgc_object *self); /* built-ins: storage */
    int (*traverse)(struct hgc_object *self, hgc_visit_fn *visit, void *arg);
    void (*clear)(struct hgc_object *self);
    void (*dealloc)(struct hgc_object *self);
    struct slot *numbered; /* spares of types with a hidden word */
    struct hgc_type *next_spared;
    struct hgc_object *cls;         /* of run-time classes' instances: owned by each of them */
    const struct name_cache *names; /* that class's (class.h), or some without any name */
    struct hgc_runtime *rt;
    const char *name;
    unsigned published; /* its number at the tracer's, 0: none yet */
    size_t bytes;       /* of this structure with what stands behind it */
};

struct callback {
    hgc_callback_fn *fn;
    void *arg;
};

struct run;    /* run.h */
struct slices; /* slices.h */

/* A table of interned strings (intern.h): open addressing, no references. */
struct intern_table {
    struct hgc_object **entries;
    size_t used, capacity;
};

enum { SMALL_INT_MIN = -5, SMALL_INT_MAX = 256, SMALL_INTS = SMALL_INT_MAX - SMALL_INT_MIN + 1 };

/* Built-in types, made with the runtime, in the order of their ids. */
enum builtin {
    TYPE_NONE,
    TYPE_BOOL,
    TYPE_INT,
    TYPE_FLOAT,
    TYPE_STR,
    TYPE_TUPLE,
    TYPE_LIST,
    TYPE_DICT,
    TYPE_WEAKREF,
    TYPE_GENERATOR,
    TYPE_ITERATOR,
    TYPE_CLASS,
    BUILTIN_TYPES
};

struct hgc_runtime {
    /* hot */
    int64_t count[GENERATIONS];
    int64_t trigger;     /* count[0] beyond this may mean a collection */
    int64_t spare_limit; /* no spares beyond this count[0] */
    int64_t tracked[SLICED + 1];
    uint64_t births;
    const struct private_objects *publisher; /* publish.h */
    /* Objects to look at: all of generations 0 and 1, those of 2 that lost a reference since the
     * last full run or are new in it. An object's NOTED flags say which lists name its slot. */
    struct vector noted[GENERATIONS];
    int whole_pass_due;      /* noted[2] is incomplete */
    struct hgc_type *spared; /* the types that may have spares (spare.h) */
    struct slabs slabs;
    /* warm */
    int threshold[GENERATIONS];
    int enabled;
    struct run *run; /* the collection in progress, or NULL */
    struct run *idle_run;
    struct slices *slices; /* a run in progress between its slices, or NULL */
    int64_t long_lived_pending, long_lived_total;
    uint64_t trimmed_at; /* nanoseconds; or when it was made */
    struct hgc_stats stats[GENERATIONS];
    unsigned debug;
    unsigned pause;
    unsigned stress; /* stress.h */
    int custom_depth;
    struct hgc_object *delayed; /* death.c: custom objects nested too deep */
    struct callback *callbacks;
    size_t callback_count, callback_capacity;
    struct heapline_error *error; /* first_error, or a finalizer's own */
    struct heapline_error first_error;
    void (*unraisable)(struct hgc_runtime *, struct hgc_object *, void *);
    void *unraisable_arg;
    struct place *places; /* publish.c */
    uintptr_t owner;      /* thread, 0: none */
    /* types and built-in objects */
    unsigned type_count, type_hint; /* ids from type_count on were never given */
    struct hgc_object *none, *bools[2], *small_ints[SMALL_INTS], *empty_tuple, *garbage;
    struct hgc_object *empty_str, *ascii[128];
    struct intern_table interned;
    struct hgc_type *types[TYPES_MAX]; /* by id; here, so that an object leads to its type sooner */
};

static inline struct hgc_type *type_of(const struct hgc_object *o) {
    return slab_of(o)->rt->types[o->type];
}

static inline struct hgc_runtime *runtime_of(const struct hgc_object *o) {
    return slab_of(o)->rt;
}

static inline int is_type(const struct hgc_object *o, enum builtin type) {
    return o->type == (uint16_t)type;
}

/* Describes a failure; returns -1. */
static inline int gc_fail(struct hgc_runtime *rt, int code, const char *subject,
                          const char *problem) {
    error_set(rt->error, code, 0, subject, problem);
    return -1;
}

static inline int gc_fail_memory(struct hgc_runtime *rt) {
    return gc_fail(rt, HEAPLINE_NO_MEMORY, NULL, "out of memory");
}

/* What a container is to hold is often another call's result, which may have failed: 0, or -1. */
static inline int gc_check_object(struct hgc_runtime *rt, const struct hgc_object *o) {
    return likely(o != NULL) ? 0 : gc_fail(rt, HEAPLINE_BAD_ARGUMENT, NULL, "NULL is no object");
}

/* Calls the unraisable hook, or writes a line to standard error. */
void runtime_report_unraisable(struct hgc_runtime *rt, struct hgc_object *o);

#endif
