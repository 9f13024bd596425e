/* The slices of a full run that look for garbage; see slices.h. */
#include "gc/children.h"
#include "gc/run.h"
#include "gc/slices.h"

enum { PREFETCH = 8 };

int slices_join(struct slices *s, struct hgc_object *o) {
    if (vector_push(&s->members, o))
        return -1;
    slices_move(s->rt, o, SLICED);
    return 0;
}

static void leave(struct slices *s, struct hgc_object *o) {
    slices_move(s->rt, o, OLDEST);
    if (object_is_suspect(o))
        object_note_surely(s->rt, o);
}

static void prefetch(const struct vector *list, size_t at) {
    if (at + PREFETCH < list->count)
        __builtin_prefetch(list->items[at + PREFETCH]);
}

/* --- gather --- */

/* Without memory the entry stays as it is. */
static int gather_one(struct slices *s, struct hgc_object *o) {
    int suspect = object_is_suspect_of(o, OLDEST);
    if (suspect && slices_join(s, o))
        return -1;
    o->flags &= (uint8_t)~flag_noted(OLDEST);
    if (suspect)
        object_trust(o);
    return 0;
}

/* What suspects of the oldest generation went through since the beginning is forgotten with their
 * flag. Objects that were made in the meantime, and are no members, may have become garbage with
 * them, so they are suspects now. */
static void suspect_young(struct hgc_runtime *rt) {
    for (int g = 0; g < OLDEST; g++)
        for (size_t i = 0; i < rt->noted[g].count; i++) {
            struct hgc_object *o = rt->noted[g].items[i];
            if (object_is_of(o, g))
                object_suspect(o);
        }
}

int slices_gather(struct hgc_runtime *rt, struct slices *s) {
    for (uint64_t end = s->work + slices_step_work(rt); s->at < s->listed.count; s->at++) {
        if (s->work++ == end)
            return 0;
        prefetch(&s->listed, s->at);
        if (gather_one(s, s->listed.items[s->at]))
            return -1;
    }
    suspect_young(rt);
    return 1;
}

/* --- count --- */

static int count_child(struct hgc_object *child, void *arg) {
    struct slices *s = arg;
    s->work++;
    if (!(child->flags & FLAG_TRACKED))
        return 0;
    if (child->generation == OLDEST && slices_join(s, child))
        return -1;
    if (child->generation == SLICED)
        scratch_count(&s->scratch, child);
    return 0;
}

int slices_count(struct hgc_runtime *rt, struct slices *s) {
    for (uint64_t end = s->work + slices_step_work(rt); s->at < s->members.count; s->at++) {
        if (s->work++ >= end)
            return 0;
        struct hgc_object *o = s->members.items[s->at];
        prefetch(&s->members, s->at);
        if (slices_has(o) && children_visit(o, rt->types[o->type], count_child, s))
            return -1;
    }
    s->examined = s->members.count;
    return s->scratch.failed ? -1 : 1;
}

/* --- mark --- */

static int reach(struct hgc_object *child, void *arg) {
    struct slices *s = arg;
    s->work++;
    if (!slices_has(child))
        return 0;
    *scratch_of(child) = 0;
    leave(s, child);
    return vector_push(&s->stack, child);
}

/* What stays keeps its count: where a slot has been used again, it is listed twice. */
static int mark_one(struct slices *s, struct hgc_object *o) {
    if (!slices_has(o)) {
        *scratch_of(o) = 0;
        return 0;
    }
    if (o->refcount > scratch_get(&s->scratch, o) || object_is_suspect(o))
        return reach(o, s);
    s->members.items[s->kept++] = o;
    return 0;
}

int slices_mark(struct hgc_runtime *rt, struct slices *s) {
    for (uint64_t end = s->work + slices_step_work(rt); s->work < end; s->work++) {
        int failed;
        if (s->stack.count) {
            struct hgc_object *o = s->stack.items[--s->stack.count];
            failed = o->flags & FLAG_TRACKED && children_visit(o, rt->types[o->type], reach, s);
        } else if (s->at < s->members.count) {
            prefetch(&s->members, s->at);
            failed = mark_one(s, s->members.items[s->at++]);
        } else {
            s->members.count = s->kept;
            scratch_fini(&s->scratch);
            return 1;
        }
        if (failed)
            return -1;
    }
    return 0;
}

/* --- wipe --- */

int slices_wipe(struct hgc_runtime *rt, struct slices *s) {
    for (uint64_t end = s->work + slices_step_work(rt); s->at < s->members.count; s->at++) {
        if (s->work++ == end)
            return 0;
        *scratch_of(s->members.items[s->at]) = 0;
    }
    return 1;
}

/* --- the end --- */

static void retire(struct slices *s, struct hgc_object *o) {
    if (!slices_has(o))
        return;
    object_suspect(o);
    leave(s, o);
}

int slices_retire(struct hgc_runtime *rt, struct slices *s) {
    for (uint64_t end = s->work + slices_step_work(rt); s->at < s->members.count; s->at++) {
        if (s->work++ == end)
            return 0;
        prefetch(&s->members, s->at);
        retire(s, s->members.items[s->at]);
    }
    return 1;
}

int slices_release(struct hgc_runtime *rt, struct slices *s) {
    (void)rt;
    return !vector_cut(&s->listed) && !vector_cut(&s->members) && !vector_cut(&s->stack);
}

int slices_trim(struct hgc_runtime *rt, struct slices *s) {
    return !slab_trim(&rt->slabs, &s->trimmed, 1);
}

void slices_put_back(struct hgc_runtime *rt, struct slices *s) {
    size_t gathered = s->phase == SLICES_GATHER ? s->at : s->listed.count;
    for (size_t i = gathered; i < s->listed.count; i++) {
        struct hgc_object *o = s->listed.items[i];
        o->flags &= (uint8_t)~flag_noted(OLDEST);
        if (object_is_suspect_of(o, OLDEST))
            object_note_surely(rt, o);
    }
    for (size_t i = 0; i < s->members.count; i++) {
        *scratch_of(s->members.items[i]) = 0;
        retire(s, s->members.items[i]);
    }
    s->members.count = s->stack.count = s->listed.count = 0;
    s->phase = SLICES_DONE;
}

/* Their slots may have been members'. */
void slices_clean(struct hgc_runtime *rt, const struct slices *s, int generation) {
    if (s->phase < SLICES_COUNT || s->phase > SLICES_WIPE)
        return;
    for (int g = 0; g <= generation; g++)
        for (size_t i = 0; i < rt->noted[g].count; i++) {
            const struct hgc_object *o = rt->noted[g].items[i];
            if (object_is_of(o, g))
                *scratch_of(o) = 0;
        }
}
