/* Full runs in slices (hgc_set_pause), between which the program goes on.
 *
 *   begin    takes the younger generations and the suspects of the oldest over
 *   gather   suspects become members: they, and what joins them later, are of generation SLICED
 *   count    references among the members are counted; what members refer to joins them
 *   mark     what has other references, or has become a suspect again, leaves, with all it reaches
 *   wipe     the counts are set to zero again
 *   dispose  what is left is only likely to be trash, since nothing here was seen at one moment.
 *            So it goes piece by piece: some members and all members that they reach are looked at
 *            once more, in one slice, and those that only each other refer to are trash indeed
 *   retire   members that turned out not to be, leave as suspects
 *   release  the lists' memory goes back
 *   trim     so does that of slabs which are empty now
 *
 * Nothing but dispose decides over life and death, and it relies on nothing that was found before.
 * The steps before it must not lose anything, though: garbage of the beginning stays as it is, so
 * it is never marked; what becomes garbage later does so by an event that makes one of it a
 * suspect, or finds it one, which until gather has come to it says nothing of when. So what is
 * young at the end of gather, or has grown old during it, is suspect as well.
 *
 * Members are ordinary objects to the program and to young runs, who take them for older ones. They
 * may die, or become younger, at any time: entries here are stale unless slices_has says otherwise.
 * From count to wipe the scratch of the slots listed is in use; what a young run looks at has to be
 * cleaned (slices_clean). Real refcounts are not touched, so all can be given up between two steps.
 */
#ifndef GC_SLICES_H
#define GC_SLICES_H

#include "gc/object.h"
#include "gc/stress.h"

enum slices_phase {
    SLICES_GATHER,
    SLICES_COUNT,
    SLICES_MARK,
    SLICES_WIPE,
    SLICES_DISPOSE,
    SLICES_RETIRE,
    SLICES_RELEASE,
    SLICES_TRIM,
    SLICES_DONE
};

/* hgc_runtime.slices while there is such a run. */
struct slices {
    struct hgc_runtime *rt;
    enum slices_phase phase;
    int running;           /* within a slice */
    struct vector listed;  /* the list of generation 2 as it was: suspects to be gathered */
    struct vector members; /* with stale entries */
    struct vector stack;   /* mark: whose references are to be followed */
    struct scratch_table scratch;
    struct slab_cursor trimmed;
    size_t at;     /* how far the phase is in its list */
    size_t kept;   /* mark: members that have stayed until now */
    size_t piece;  /* how large the next piece is to be, at least */
    uint64_t work; /* objects and references looked at by the slice */
    int64_t next;  /* count[0] beyond this: the next slice is due */
    int64_t collected, uncollected;
    uint64_t examined, nanoseconds;
};

static inline int slices_has(const struct hgc_object *o) {
    return o->flags & FLAG_TRACKED && o->generation == SLICED;
}

/* Allocations between pauses, at least. */
enum { SLICES_GAP = 16 };

/* How much a step does before it looks at the clock. */
static inline uint64_t slices_step_work(const struct hgc_runtime *rt) {
    return unlikely(rt->stress & STRESS_SLICES) ? 1 : 256;
}

/* Steps of the phases: 0, 1 at the phase's end, or -1 without memory. */
typedef int slices_step_fn(struct hgc_runtime *rt, struct slices *s);
slices_step_fn slices_gather, slices_count, slices_mark, slices_wipe, slices_dispose, slices_retire,
    slices_release, slices_trim;

static inline void slices_move(struct hgc_runtime *rt, struct hgc_object *o, int generation) {
    rt->tracked[o->generation]--;
    rt->tracked[generation]++;
    o->generation = (uint8_t)generation;
}

/* Makes o a member, and lists it; -1 without memory. */
int slices_join(struct slices *s, struct hgc_object *o);
/* Puts everything back; all members are suspects again. */
void slices_put_back(struct hgc_runtime *rt, struct slices *s);

/* Begins a run, with callbacks; -1 without memory, and nothing has happened. */
int slices_begin(struct hgc_runtime *rt);
/* Goes on for as long as hgc_set_pause allows, maybe to the end of the run. */
void slices_go_on(struct hgc_runtime *rt);
/* Ends the run, if there is one, as it stands. */
void slices_give_up(struct hgc_runtime *rt, int callbacks);
/* Sets the scratch of the generation's objects and the younger ones' to zero, if need be. */
void slices_clean(struct hgc_runtime *rt, const struct slices *s, int generation);

#endif
