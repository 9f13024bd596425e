#include "gc/stress.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/sys.h"
#include "base/text.h"
#include "gc/check.h"
#include "gc/fail.h"
#include "gc/publish.h"
#include "gc/spare.h"
#include "gc/weakref.h"

__thread int64_t gc_fail_countdown;

void stress_set(struct hgc_runtime *rt, unsigned flags) {
    rt->stress = flags;
    collect_set_trigger(rt);
}

_Noreturn void stress_fail(const char *what, const struct hgc_object *o) {
    const char *creation = o ? publish_creation(runtime_of(o), o) : NULL;
    char line[600];
    struct text t;
    text_init(&t, line, sizeof line);
    text_string(&t, "heapline-gc: ");
    text_string(&t, what);
    if (o) {
        text_string(&t, ": ");
        text_string(&t, type_of(o)->name);
        text_string(&t, " at 0x");
        text_hex(&t, (uintptr_t)o);
        text_string(&t, ", generation ");
        text_decimal(&t, o->generation);
        text_string(&t, ", refcount ");
        text_decimal(&t, o->refcount);
        text_string(&t, creation ? ", made at " : "");
        text_string(&t, creation ? creation : "");
    }
    text_string(&t, "\n");
    sys_call(SYS_write, 2, (long)line, (long)strlen(line), 0, 0, 0);
    abort();
}

void check_owner_now(const struct hgc_runtime *rt) {
    if (rt->owner != (uintptr_t)pthread_self())
        stress_fail("a runtime is used by a thread that does not own it", NULL);
}

/* --- validation --- */

static void validate_object(const struct hgc_runtime *rt, const struct hgc_object *o,
                            int64_t tracked[SLICED + 1]) {
    if (o->generation > (rt->slices ? SLICED : FROZEN))
        stress_fail("no such generation", o);
    if (!o->refcount)
        stress_fail("tracked without references", o);
    if (o->flags & FLAG_IN_RUN)
        stress_fail("left in a collection", o);
    if (o->generation < OLDEST && !(o->flags & flag_noted(o->generation)))
        stress_fail("young and on no list", o);
    if (object_is_suspect_of(o, OLDEST) && !(o->flags & flag_noted(OLDEST)) && !rt->whole_pass_due)
        stress_fail("a suspect on no list", o);
    if (*scratch_of(o) && !rt->slices)
        stress_fail("scratch left over", o);
    tracked[o->generation]++;
}

static void validate_lists(struct hgc_runtime *rt) {
    for (int g = 0; g < GENERATIONS; g++)
        for (size_t i = 0; i < rt->noted[g].count; i++) {
            const struct hgc_object *o = rt->noted[g].items[i];
            if (!(o->flags & flag_noted(g)))
                stress_fail("on a list without its flag", o);
        }
}

void validate_heap(struct hgc_runtime *rt) {
    spare_flush(rt);
    int64_t tracked[SLICED + 1] = {0};
    struct slab_cursor c = {0};
    struct slab *slab;
    while ((slab = slab_next(&rt->slabs, RESERVE_CYCLIC, &c)))
        for (uint32_t i = 0; i < slab->fresh; i++) {
            const struct hgc_object *o =
                (struct hgc_object *)(slab_slots(slab) + (size_t)i * slab->slot_size);
            if (o->flags & FLAG_TRACKED)
                validate_object(rt, o, tracked);
            else if (o->flags & FLAG_TRUSTED)
                stress_fail("trusted, but not tracked", o);
        }
    for (int g = 0; g <= SLICED; g++)
        if (tracked[g] != rt->tracked[g])
            stress_fail("a generation's count is wrong", NULL);
    validate_lists(rt);
}
