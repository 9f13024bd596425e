/* When types begin to have spares, and how all are given back. */
#include "gc/spare.h"
#include "gc/stress.h"

void spare_begin(struct hgc_runtime *rt, struct hgc_type *t) {
    if (t->spare_head || !t->spares || rt->publisher || rt->stress & STRESS_POISON ||
        rt->count[0] > rt->spare_limit)
        return;
    t->spare_head = object_head(t->id, FLAGS_TRUSTED | FLAG_NOTED_0);
    if (t->spares == 2)
        t->pair_mark = (uint32_t)(t->spare_head >> HEAD_TYPE_SHIFT);
    t->next_spared = rt->spared;
    rt->spared = t;
}

void spare_put_wiped(struct hgc_object *o, struct hgc_type *t) {
    uint64_t *rest = (uint64_t *)(o + 1) + t->nfields;
    memset(rest, 0, (t->zeroed - t->nfields) * sizeof *rest);
    spare_put_empty(spare_list(t), o);
}

static void give_back(struct hgc_runtime *rt, struct slot **list) {
    struct slot *slot;
    while ((slot = *list)) {
        *list = slot->next;
        slot->head = (uint64_t)FLAG_NOTED_0 << HEAD_FLAGS_SHIFT;
        slab_put(slab_of(slot), slot);
        rt->tracked[0]--;
    }
}

void spare_flush(struct hgc_runtime *rt) {
    struct hgc_type *t;
    while ((t = rt->spared)) {
        rt->spared = t->next_spared;
        t->spare_head = t->pair_mark = 0;
        give_back(rt, &t->spare);
        give_back(rt, &t->numbered);
    }
}

/* Without automatic runs nobody has to wait for them to be given back. */
void spare_set_limit(struct hgc_runtime *rt) {
    enum { LIMIT = 4096 };
    int64_t before = rt->spare_limit;
    rt->spare_limit = rt->enabled && rt->threshold[0] ? LIMIT : INT64_MAX;
    if (rt->spare_limit < before)
        spare_flush(rt);
}
