/* What a program can set and ask of the collector. */
#include <string.h>
#include "gc/check.h"
#include "gc/pages.h"
#include "gc/run.h"
#include "gc/slices.h"
#include "gc/spare.h"

static int set_enabled(struct hgc_runtime *rt, int enabled) {
    check_owner(rt);
    int before = rt->enabled;
    rt->enabled = enabled;
    collect_set_trigger(rt);
    spare_set_limit(rt);
    return before;
}

/* What lived and died without it is done with now, lest the first short collection be a long one.
 */
int hgc_enable(struct hgc_runtime *rt) {
    int before = set_enabled(rt, 1);
    if (!before && !rt->run)
        object_tidy_list(rt);
    return before;
}

int hgc_disable(struct hgc_runtime *rt) {
    return set_enabled(rt, 0);
}

int hgc_isenabled(const struct hgc_runtime *rt) {
    return rt->enabled;
}

int hgc_set_threshold(struct hgc_runtime *rt, const int *threshold, int n) {
    check_owner(rt);
    if (n < 1 || n > GENERATIONS)
        return gc_fail(rt, HEAPLINE_BAD_ARGUMENT, NULL, "one to three thresholds");
    memcpy(rt->threshold, threshold, (size_t)n * sizeof *threshold);
    collect_set_trigger(rt);
    spare_set_limit(rt);
    return 0;
}

void hgc_get_threshold(const struct hgc_runtime *rt, int threshold[3]) {
    memcpy(threshold, rt->threshold, sizeof rt->threshold);
}

void hgc_get_count(const struct hgc_runtime *rt, int count[3]) {
    for (int i = 0; i < GENERATIONS; i++)
        count[i] = rt->count[i] < INT32_MAX ? (int)rt->count[i] : INT32_MAX;
}

void hgc_get_stats(const struct hgc_runtime *rt, struct hgc_stats stats[3]) {
    memcpy(stats, rt->stats, sizeof rt->stats);
}

void hgc_set_debug(struct hgc_runtime *rt, unsigned flags) {
    rt->debug = flags;
}

unsigned hgc_get_debug(const struct hgc_runtime *rt) {
    return rt->debug;
}

struct hgc_object *hgc_garbage_borrow(struct hgc_runtime *rt) {
    return rt->garbage;
}

void hgc_set_pause(struct hgc_runtime *rt, unsigned microseconds) {
    check_owner(rt);
    rt->pause = microseconds;
    if (microseconds)
        pages_avoid_huge();
}

int hgc_add_callback(struct hgc_runtime *rt, hgc_callback_fn *fn, void *arg) {
    check_owner(rt);
    if (rt->callback_count == rt->callback_capacity) {
        size_t capacity = rt->callback_capacity + 128;
        void *grown = pages_resize(rt->callbacks, rt->callback_capacity * sizeof *rt->callbacks,
                                   capacity * sizeof *rt->callbacks);
        if (!grown)
            return gc_fail_memory(rt);
        rt->callbacks = grown;
        rt->callback_capacity = capacity;
    }
    rt->callbacks[rt->callback_count++] = (struct callback){fn, arg};
    return 0;
}

int hgc_remove_callback(struct hgc_runtime *rt, hgc_callback_fn *fn, void *arg) {
    check_owner(rt);
    for (size_t i = 0; i < rt->callback_count; i++) {
        struct callback *c = &rt->callbacks[i];
        if (c->fn != fn || c->arg != arg)
            continue;
        memmove(c, c + 1, (--rt->callback_count - i) * sizeof *c);
        return 0;
    }
    return gc_fail(rt, HEAPLINE_NO_KEY, NULL, "no such callback");
}

/* --- the permanent generation --- */

static void move_all(struct hgc_runtime *rt, int from_last, int from_first, int to) {
    struct slab_slot_cursor c = {.next = 0};
    struct hgc_object *o;
    while ((o = slab_next_slot(&rt->slabs, RESERVE_CYCLIC, &c))) {
        if ((o->flags & (FLAG_TRACKED | FLAG_IN_RUN)) != FLAG_TRACKED ||
            o->generation < from_first || o->generation > from_last)
            continue;
        rt->tracked[o->generation]--;
        rt->tracked[to]++;
        o->generation = (uint8_t)to;
    }
}

void hgc_freeze(struct hgc_runtime *rt) {
    check_owner(rt);
    slices_give_up(rt, 1);
    spare_flush(rt);
    move_all(rt, OLDEST, 0, FROZEN);
    for (int g = 0; g < GENERATIONS; g++) {
        struct vector *list = &rt->noted[g];
        for (size_t i = 0; i < list->count; i++)
            ((struct hgc_object *)list->items[i])->flags &= (uint8_t)~flag_noted(g);
        vector_clear(list);
        rt->count[g] = 0;
    }
}

/* What happened to frozen objects has not been noted, so the next full run looks at everything. */
void hgc_unfreeze(struct hgc_runtime *rt) {
    check_owner(rt);
    move_all(rt, FROZEN, FROZEN, OLDEST);
    rt->whole_pass_due = 1;
}

int64_t hgc_get_freeze_count(const struct hgc_runtime *rt) {
    return rt->tracked[FROZEN];
}
