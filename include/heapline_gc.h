/* heapline-gc: reference-counted objects with a generational collector of cycles, for C.
 *
 * What can be observed follows CPython 3.11: when an object dies, in which order finalizers and
 * weak references are called, what each collection counts. heapline-gc(3) names the differences.
 *
 * Ownership: a returned struct hgc_object * is a new reference, which the caller gives back with
 * hgc_decref, unless the function's name ends in _borrow. No call takes a reference away from its
 * caller. Whoever keeps a reference counts it: fields are written with hgc_assign.
 *
 * Errors: a call that fails returns NULL or -1 and describes the failure in the record that
 * hgc_error returns. The record is never pending: it does not disturb later calls.
 *
 * Threads: a runtime and its objects belong to one thread at a time, the one that made it until it
 * is handed over (hgc_runtime_detach, hgc_runtime_attach). Objects of one runtime must not refer to
 * those of another. Several runtimes may live in one process. Nothing here is async-signal-safe.
 *
 * Where user code runs: finalizers, callbacks and hooks run inside hgc_decref, hgc_assign,
 * hgc_collect and every call that makes a GC object (an automatic collection). They may use the
 * runtime freely.
 */
#ifndef HEAPLINE_GC_H
#define HEAPLINE_GC_H
#include "heapline.h" /* error type and codes only: no link dependency */
#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default) /* the library is built with hidden symbols */

struct hgc_runtime;
struct hgc_type;

/* The head of every object, the first member of yours. Read and written by the runtime alone; ask
 * with hgc_get_refcount, hgc_type_of, hgc_get_generation. */
struct hgc_object {
    uint32_t refcount; /* 2^31 and above: immortal */
    uint16_t type;
    uint8_t generation, flags;
};

/* Called with every reference that an object owns; a result other than 0 ends the traversal. */
typedef int hgc_visit_fn(struct hgc_object *child, void *arg);

/* GC: may take part in cycles, so the collector looks at it. WEAKREFS: may be the target of weak
 * references. LEGACY_FINALIZE: needs `finalize`, which then runs on the refcount path only and
 * every time; in a cycle the object is uncollectable. */
enum { HGC_TYPE_GC = 1, HGC_TYPE_WEAKREFS = 2, HGC_TYPE_LEGACY_FINALIZE = 4 };

/* A type to be made by hgc_type_new, which copies it. `size` is sizeof your structure. Either
 * `fields` names the references it owns (the fast way: the runtime traverses, clears and releases
 * them in that order), or the three functions do:
 *   traverse  calls visit(child, arg) for each reference that is not NULL, hands on the first
 *             result other than 0, and changes nothing;
 *   clear     drops those that may be part of cycles, each field NULL before its decref (NULL
 *             where other types always break the cycles);
 *   dealloc   releases what self owns; untracking, the finalizer, weak references and the memory
 *             are the runtime's.
 * `finalize` runs once in an object's life, while it is whole, and may resurrect it by storing a
 * new reference; -1 is reported as unraisable. */
struct hgc_type_spec {
    const char *name;
    size_t size;
    unsigned flags;
    const uint16_t *fields;
    size_t nfields;
    int (*traverse)(struct hgc_object *self, hgc_visit_fn *visit, void *arg);
    void (*clear)(struct hgc_object *self);
    void (*dealloc)(struct hgc_object *self);
    int (*finalize)(struct hgc_runtime *rt, struct hgc_object *self);
};

enum { HGC_NEXT, HGC_SEND, HGC_CLOSE };

/* A generator: a C function that is resumed. `frame` is frame_size zeroed bytes of the generator,
 * in which `fields` (offsets in the frame) are the references it owns. `resume` returns 1 with a
 * new reference in *out: yielded; 0 with the return value or NULL: returned; -1: error. `how` says
 * why it was resumed; `sent` is borrowed, and NULL under NEXT and CLOSE. After 0 and -1 the runtime
 * clears the fields. CLOSE reaches only a generator that has started and not ended; yielding on it
 * is an error. Moving a reference into the frame wants hgc_touch(generator). The spec must outlive
 * its generators. */
struct hgc_generator_spec {
    const char *name;
    size_t frame_size;
    const uint16_t *fields;
    size_t nfields;
    int (*resume)(struct hgc_runtime *rt, struct hgc_object *generator, void *frame, int how,
                  struct hgc_object *sent, struct hgc_object **out);
};

/* hgc_set_debug: lines on standard error about each collection (STATS) and about each object that
 * is found COLLECTABLE or UNCOLLECTABLE; SAVEALL keeps what would be collected in the garbage. */
enum {
    HGC_DEBUG_STATS = 1,
    HGC_DEBUG_COLLECTABLE = 2,
    HGC_DEBUG_UNCOLLECTABLE = 4,
    HGC_DEBUG_SAVEALL = 32,
    HGC_DEBUG_LEAK = 38
};

/* Sums over the collections of one generation since the runtime began. */
struct hgc_stats {
    uint64_t collections, collected, uncollectable;
};

/* What a callback learns about a collection; both numbers are 0 at its start. */
struct hgc_info {
    int generation;
    int64_t collected, uncollectable;
};

/* Called before (stop 0) and after (stop 1) each collection; -1 is reported as unraisable. */
typedef int hgc_callback_fn(struct hgc_runtime *rt, int stop, const struct hgc_info *info,
                            void *arg);
/* Called when the object behind `weakref` has died: hgc_weakref_get gives NULL by then. */
typedef int hgc_weakref_fn(struct hgc_runtime *rt, struct hgc_object *weakref, void *arg);

/* --- runtimes --- */

/* A new runtime, owned by the calling thread, which may own several; NULL: see err. */
struct hgc_runtime *hgc_runtime_new(struct heapline_error *err);
/* A last full collection, even if disabled and without callbacks; what is still referenced from C
 * is then released without finalizers. Returns how many such objects there were. */
int64_t hgc_runtime_free(struct hgc_runtime *rt);
/* The calling thread owns rt from now on; -1 if another thread still does. */
int hgc_runtime_attach(struct hgc_runtime *rt);
/* No thread owns rt any more; -1 if the caller did not. */
int hgc_runtime_detach(struct hgc_runtime *rt);

/* The last error of rt (code 0: none yet), valid as long as rt. Finalizers and callbacks have a
 * record of their own. */
const struct heapline_error *hgc_error(const struct hgc_runtime *rt);
/* For finalizers, callbacks and generators about to return -1. `message` is copied. */
void hgc_set_error(struct hgc_runtime *rt, int code, const char *message);
/* Calls fn(rt, object, arg) where a finalizer or callback has failed, with the error in hgc_error;
 * object is the one concerned, or NULL. Without fn, one line on standard error. */
void hgc_set_unraisable(struct hgc_runtime *rt,
                        void (*fn)(struct hgc_runtime *rt, struct hgc_object *object, void *arg),
                        void *arg);

/* --- types and objects --- */

/* A type of rt, which owns it until hgc_type_free or the end of rt. NULL: bad spec, no memory, or
 * 65,535 types live. */
struct hgc_type *hgc_type_new(struct hgc_runtime *rt, const struct hgc_type_spec *spec);
/* -1 while instances live. */
int hgc_type_free(struct hgc_runtime *rt, struct hgc_type *type);
const struct hgc_type *hgc_type_of(const struct hgc_object *o);
/* The name of a type, valid as long as the type. */
const char *hgc_type_name(const struct hgc_type *type);

/* An object, zeroed behind its head, with one reference, tracked by the collector if its type says
 * GC. May run an automatic collection, in which the new object takes no part. */
struct hgc_object *hgc_new(struct hgc_runtime *rt, struct hgc_type *type);

/* For the calls below; not for programs: an object's last reference goes; a tracked object has lost
 * one of several. */
void hgc_release(struct hgc_object *o);
void hgc_suspect(struct hgc_object *o);
enum { HGC_FLAGS_TRUSTED = 0x80 }; /* tracked, and no suspect */
enum { HGC_OLDEST = 2 }; /* younger suspects are in the list of their generation already */
/* The head as a word, with the count in its lower half. Whoever changes the count reads and writes
 * all of it: one load tells count, generation and flags, and what was written is read back whole.
 * HGC_FLAGS_TRUSTED is its sign. */
typedef uint64_t __attribute__((__may_alias__)) hgc_head;
enum { HGC_HEAD_GENERATION = 48, HGC_HEAD_FLAGS = 56 };

/* One more reference to o, which is returned. NULL is allowed. */
inline struct hgc_object *hgc_incref(struct hgc_object *o) {
    if (o) {
        uint64_t head = *(const hgc_head *)(const void *)o;
        if ((int32_t)head >= 0)
            *(hgc_head *)(void *)o = head + 1;
    }
    return o;
}

/* One reference fewer; without any left, o dies before the call returns. NULL is allowed. */
inline void hgc_decref(struct hgc_object *o) {
    if (!o)
        return;
    uint64_t head = *(const hgc_head *)(const void *)o;
    int32_t count = (int32_t)head;
    if (count > 1) {
        *(hgc_head *)(void *)o = --head;
        if (__builtin_expect((int64_t)head < 0, 0)) {
            if ((uint8_t)(head >> HGC_HEAD_GENERATION) < HGC_OLDEST)
                *(hgc_head *)(void *)o = head ^ (uint64_t)HGC_FLAGS_TRUSTED << HGC_HEAD_FLAGS;
            else
                hgc_suspect(o);
        }
    } else if (count == 1) {
        hgc_release(o);
    }
}

/* Stores a new reference to o (NULL is allowed) in *field, then drops what was there. The field may
 * be anywhere, also outside of objects. */
inline void hgc_assign(struct hgc_object **field, struct hgc_object *o) {
    struct hgc_object *old = *field;
    *field = hgc_incref(o);
    hgc_decref(old);
}

/* To be called after moving a reference that C code owned into a field of `owner` without
 * hgc_assign: a cycle closed in this way would otherwise not be found. */
inline void hgc_touch(struct hgc_object *owner) {
    uint64_t head = *(const hgc_head *)(const void *)owner;
    /* Young, with no reference but its birth's: garbage that it is part of has a suspect elsewhere,
     * or is all young, which a young run sees whole. */
    int innocent = (head & ((uint64_t)0xff << HGC_HEAD_GENERATION | UINT32_MAX)) == 1;
    if (!innocent && (int64_t)head < 0)
        hgc_suspect(owner);
}
uint32_t hgc_get_refcount(const struct hgc_object *o);
/* Bytes that o takes: its structure, head and hidden words with it, as rounded up by the allocator,
 * and its storage (of lists, dicts and attributes). What it refers to is not counted. */
size_t hgc_get_size(const struct hgc_object *o);

/* --- weak references --- */

/* A weak reference to o, itself a counted GC object; without a callback (NULL) it is shared by all
 * who ask. For user types with HGC_TYPE_WEAKREFS, instances of run-time classes and generators;
 * else NULL (HEAPLINE_BAD_TYPE). */
struct hgc_object *hgc_weakref_new(struct hgc_runtime *rt, struct hgc_object *o, hgc_weakref_fn *fn,
                                   void *arg);
/* NULL: dead. */
struct hgc_object *hgc_weakref_get(struct hgc_object *weakref);

/* --- generators and iterators --- */

/* A generator that has not started. *frame, if asked for, is its frame to fill in. */
struct hgc_object *hgc_generator_new(struct hgc_runtime *rt, const struct hgc_generator_spec *spec,
                                     void **frame);
/* Of a generator or of what hgc_iter returns: 1 and an item, 0 at the end, -1. At the end *out is
 * NULL, or what a generator returned. */
int hgc_next(struct hgc_object *iterator, struct hgc_object **out);
/* Resumes a started generator with a value. */
int hgc_send(struct hgc_object *generator, struct hgc_object *value, struct hgc_object **out);
/* Ends a generator; -1 if its body yields or fails. Ended ones stay as they are. */
int hgc_close(struct hgc_object *generator);

/* --- the collector --- */

/* Collects a generation (0 to 2) and the younger ones, whether enabled or not. Returns how many
 * unreachable objects there were, 0 within a collection, or -1. */
int64_t hgc_collect(struct hgc_runtime *rt, int generation);
/* How long a slice of an automatic full collection should take; 0, the default: all of it at once.
 * Between slices the program goes on: see hgc_collect(3) for what that changes. */
void hgc_set_pause(struct hgc_runtime *rt, unsigned microseconds);
/* Automatic collections on or off (they begin on); returns what it was before. */
int hgc_enable(struct hgc_runtime *rt);
int hgc_disable(struct hgc_runtime *rt);
int hgc_isenabled(const struct hgc_runtime *rt);
/* n = 1..3 thresholds, the others kept; -1 for another n. 0 as the first: no automatic runs. */
int hgc_set_threshold(struct hgc_runtime *rt, const int *threshold, int n);
void hgc_get_threshold(const struct hgc_runtime *rt, int threshold[3]);
/* GC objects made minus freed since the last run; runs of generation 0 since the last of 1; of 1
 * since the last of 2. */
void hgc_get_count(const struct hgc_runtime *rt, int count[3]);
void hgc_get_stats(const struct hgc_runtime *rt, struct hgc_stats stats[3]);
void hgc_set_debug(struct hgc_runtime *rt, unsigned flags);
unsigned hgc_get_debug(const struct hgc_runtime *rt);
/* The list of uncollectable objects, and of all that was found under HGC_DEBUG_SAVEALL. */
struct hgc_object *hgc_garbage_borrow(struct hgc_runtime *rt);
/* 0, or 1 + the generation that is being collected, also between slices. */
int hgc_is_collecting(const struct hgc_runtime *rt);
/* Callbacks are called by index, so one that removes itself makes its neighbour miss that phase. */
int hgc_add_callback(struct hgc_runtime *rt, hgc_callback_fn *fn, void *arg);
/* Removes the first equal (fn, arg), else -1. */
int hgc_remove_callback(struct hgc_runtime *rt, hgc_callback_fn *fn, void *arg);

/* Lists of tracked objects in no particular order, frozen ones and the list itself left out: of a
 * generation (-1: of all); those that refer to any of objs; what objs refer to (also untracked
 * objects, repeated ones, in the order of traversal). */
struct hgc_object *hgc_get_objects(struct hgc_runtime *rt, int generation);
struct hgc_object *hgc_get_referrers(struct hgc_runtime *rt, struct hgc_object *const *objs,
                                     size_t n);
struct hgc_object *hgc_get_referents(struct hgc_runtime *rt, struct hgc_object *const *objs,
                                     size_t n);
/* The shortest chain of references from one object to another, as a list of objects, both included;
 * an empty list where there is none. */
struct hgc_object *hgc_find_path(struct hgc_runtime *rt, struct hgc_object *from,
                                 struct hgc_object *to);

/* Frozen objects take no part in collections until hgc_unfreeze puts them into generation 2. */
void hgc_freeze(struct hgc_runtime *rt);
void hgc_unfreeze(struct hgc_runtime *rt);
int64_t hgc_get_freeze_count(const struct hgc_runtime *rt);

int hgc_is_tracked(const struct hgc_object *o);
int hgc_is_finalized(const struct hgc_object *o);
/* 0 to 2, 3 for a frozen object, -1 for one that is not tracked. */
int hgc_get_generation(const struct hgc_object *o);
/* Return addresses of the call path that made o, as heapline_get_block_traceback; 0 if unknown. */
int hgc_get_object_traceback(const struct hgc_object *o, uintptr_t *address, int max,
                             int *total_nframe);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
