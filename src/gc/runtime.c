#include "config.h"
#include <pthread.h>
#include "gc/check.h"
#include "gc/class.h"
#include "gc/debug.h"
#include "gc/list.h"
#include "gc/number.h"
#include "gc/pages.h"
#include "gc/publish.h"
#include "gc/spare.h"
#include "gc/storage.h"
#include "gc/str.h"
#include "gc/stress.h"
#include "gc/type.h"
#include "heapline_objects.h"

static uintptr_t this_thread(void) {
    return (uintptr_t)pthread_self();
}

/* --- birth --- */

static void set_defaults(struct hgc_runtime *rt) {
    static const int thresholds[GENERATIONS] = {700, 10, 10};
    for (int i = 0; i < GENERATIONS; i++)
        rt->threshold[i] = thresholds[i];
    rt->enabled = 1;
    rt->error = &rt->first_error;
    rt->owner = this_thread();
    slab_init(&rt->slabs);
    rt->trigger = INT64_MAX;
}

/* Objects of the runtime's own are made before it collects. The garbage list is one of them: the
 * collector does not look at it, so what it holds stays. */
static int make_internals(struct hgc_runtime *rt) {
    rt->idle_run = pages_alloc(sizeof *rt->idle_run);
    if (!rt->idle_run)
        return gc_fail_memory(rt);
    if (type_init(rt) || number_init(rt) || string_init(rt) || tuple_init(rt))
        return -1;
    rt->garbage = hgc_list_new(rt, NULL, 0);
    if (!rt->garbage)
        return -1;
    object_untrack(rt, rt->garbage);
    rt->count[0] = 0;
    return 0;
}

static void release_memory(struct hgc_runtime *rt) {
    if (rt->callbacks)
        pages_free(rt->callbacks, rt->callback_capacity * sizeof *rt->callbacks);
    type_fini(rt);
    for (int i = 0; i < GENERATIONS; i++)
        vector_fini(&rt->noted[i]);
    if (rt->idle_run) {
        struct vector *vectors[] = {&rt->idle_run->members,       &rt->idle_run->others,
                                    &rt->idle_run->trash,         &rt->idle_run->ordered,
                                    &rt->idle_run->uncollectable, &rt->idle_run->stack};
        for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
            vector_fini(vectors[i]);
        pages_free(rt->idle_run, sizeof *rt->idle_run);
    }
    string_fini(rt);
    slab_fini(&rt->slabs);
    pages_free(rt, sizeof *rt);
}

struct hgc_runtime *hgc_runtime_new(struct heapline_error *err) {
    if (reserve_init()) {
        error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no address space for objects");
        return NULL;
    }
    struct hgc_runtime *rt = pages_alloc(sizeof *rt);
    if (!rt) {
        error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "out of memory");
        return NULL;
    }
    set_defaults(rt);
    if (make_internals(rt)) {
        if (err)
            *err = rt->first_error;
        release_memory(rt);
        return NULL;
    }
    publish_begin(rt);
    rt->stress = CHECK_GC ? STRESS_CHECK | STRESS_POISON : 0;
    spare_set_limit(rt);
    rt->trimmed_at = debug_now();
    collect_set_trigger(rt);
    return rt;
}

/* --- death --- */

/* Calls fn for every object but those of the runtime's own. */
static void each_object(struct hgc_runtime *rt,
                        void (*fn)(struct hgc_runtime *rt, struct hgc_object *o, void *arg),
                        void *arg) {
    for (int half = 0; half < 2; half++) {
        struct slab_cursor c = {0};
        struct slab *slab;
        while ((slab = slab_next(&rt->slabs, (enum reserve_half)half, &c)))
            for (uint32_t i = 0; slab->use != SLAB_STORAGE && i < slab->fresh; i++) {
                char *slot = slab_slots(slab) + (size_t)i * slab->slot_size;
                struct hgc_object *o = (struct hgc_object *)slot;
                if (o->refcount)
                    fn(rt, o, arg);
            }
    }
}

static void drop_names(struct hgc_runtime *rt, struct hgc_object *o, void *arg) {
    (void)arg;
    if (is_type(o, TYPE_CLASS))
        class_drop_names(rt, (struct class_object *)o);
}

static void count_and_report(struct hgc_runtime *rt, struct hgc_object *o, void *count) {
    if ((int32_t)o->refcount < 0 || o == rt->garbage)
        return;
    ++*(int64_t *)count;
    if (rt->debug & HGC_DEBUG_UNCOLLECTABLE)
        debug_object(rt, "uncollectable", o);
}

/* From here on nothing dies of a decref. */
static void make_immortal(struct hgc_runtime *rt, struct hgc_object *o, void *arg) {
    (void)rt, (void)arg;
    o->refcount = REFCOUNT_IMMORTAL;
}

static void release_what_it_holds(struct hgc_runtime *rt, struct hgc_object *o, void *arg) {
    (void)arg;
    const struct hgc_type *t = rt->types[o->type];
    if (t->dealloc)
        t->dealloc(o);
    if (t->fini && !is_type(o, TYPE_CLASS))
        t->fini(rt, o);
    publish_death(rt, o);
}

int64_t hgc_runtime_free(struct hgc_runtime *rt) {
    check_owner(rt);
    if (rt->run)
        return gc_fail(rt, HEAPLINE_BAD_STATE, NULL, "a collection is in progress");
    collect_generation(rt, OLDEST, 0);
    spare_flush(rt); /* finalizers may have left some */
    debug_garbage(rt);
    rt->enabled = 0;
    collect_set_trigger(rt);
    int64_t alive = 0;
    each_object(rt, drop_names, NULL);
    each_object(rt, count_and_report, &alive);
    each_object(rt, make_immortal, NULL);
    each_object(rt, release_what_it_holds, NULL);
    publish_end(rt);
    release_memory(rt);
    return alive;
}

/* --- owners --- */

int hgc_runtime_attach(struct hgc_runtime *rt) {
    uintptr_t self = this_thread(), none = 0;
    if (__atomic_load_n(&rt->owner, __ATOMIC_RELAXED) == self)
        return 0;
    return __atomic_compare_exchange_n(&rt->owner, &none, self, 0, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED)
               ? 0
               : -1;
}

int hgc_runtime_detach(struct hgc_runtime *rt) {
    if (__atomic_load_n(&rt->owner, __ATOMIC_RELAXED) != this_thread())
        return -1;
    __atomic_store_n(&rt->owner, 0, __ATOMIC_RELEASE);
    return 0;
}

/* --- errors --- */

const struct heapline_error *hgc_error(const struct hgc_runtime *rt) {
    return rt->error;
}

void hgc_set_error(struct hgc_runtime *rt, int code, const char *message) {
    gc_fail(rt, code, NULL, message);
}

void hgc_set_unraisable(struct hgc_runtime *rt,
                        void (*fn)(struct hgc_runtime *rt, struct hgc_object *object, void *arg),
                        void *arg) {
    rt->unraisable = fn;
    rt->unraisable_arg = arg;
}
