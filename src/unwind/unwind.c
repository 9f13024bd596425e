#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

#include "arch_unwind.h"
#include "base/sys.h"
#include "unwind/check.h"
#include "unwind/object.h"
#include "unwind/rule.h"
#include "unwind/unwind.h"

struct cursor {
    uint64_t ip, sp, bp;
    int exact;         /* ip was interrupted by a signal */
    int guessed;       /* a frame without CFI was passed: sp and bp may be wrong, so check before
                          reading */
    uint32_t top;      /* remembered frames that may still match */
    uint32_t verified; /* of them, so many are known to be as they were */
    struct path_fresh *fresh; /* where the next frame goes, and the next slot of its step */
    struct path_slot *slot;
    /* of the frame that is being stepped out of */
    uint32_t step; /* enum path_step */
    struct rule rule;
    struct unwind_thread *thread;
};

struct range {
    uint64_t start, size;
};
static struct range own, libc;
static int may_ask_kernel = 1;

static int is_in(const struct range *range, uint64_t ip) {
    return ip - range->start < range->size;
}

int unwind_is_own(uint64_t ip) {
    return is_in(&own, ip);
}

static void find_object(struct range *range, uintptr_t in) {
    struct dl_find_object found;
    struct object object;
    if (_dl_find_object((void *)in, &found) == 0) {
        object_describe(&object, &found);
        *range = (struct range){object.start, object.end - object.start};
    }
}

void unwind_init(void) {
    find_object(&own, (uintptr_t)&unwind_init);
    find_object(&libc, (uintptr_t)&pthread_getattr_np);
}

void unwind_objects_changed(void) {
    rule_flush();
}

void unwind_rules_only(void) {
    may_ask_kernel = 0;
    unwind_libunwind_end();
}

static int on_own_stack(const struct path *p, uint64_t address) {
    return path_is_on_stack(p, address) && path_is_on_stack(p, address + 15) && address % 8 == 0;
}

/* Reads a stack slot that the step depends on. */
static inline uint64_t load(struct cursor *c, uint64_t address) {
    uint64_t value = *(const uint64_t *)(uintptr_t)address;
    *c->slot++ = (struct path_slot){address, value};
    return value;
}

/* Reads the caller's rbp, on which only some later steps depend. */
static inline uint64_t load_bp(struct cursor *c, uint64_t address) {
    uint64_t value = load(c, address);
    c->slot[-1].address |= PATH_SLOT_BP;
    return value;
}

static inline uint32_t effect_on_bp(const struct rule *rule) {
    if (rule->kind != RULE_CFA_SP || rule->bp_kind == RULE_BP_AT_BP)
        return PATH_BP_USED;
    return rule->bp_kind == RULE_BP_AT_CFA ? PATH_BP_RELOADED : 0;
}

/* After a guess nothing is read that does not lie on the thread's stack. */
static inline int may_read(const struct cursor *c, const struct path *p, uint64_t address) {
    return !c->guessed || on_own_stack(p, address);
}

/* Steps past a frame that has CFI. 0, or -1 when the walk cannot go on. */
static inline __attribute__((always_inline)) int step_by_rule(struct cursor *c,
                                                              const struct path *p) {
    const struct rule rule = c->rule;
    uint64_t cfa = (rule.kind == RULE_CFA_SP ? c->sp : c->bp) + (uint64_t)(int64_t)rule.cfa;
    uint64_t back;
    c->step |= effect_on_bp(&rule);
    if (rule.kind == RULE_CFA_AT_BP) {
        if (!may_read(c, p, cfa))
            return -1;
        cfa = load(c, cfa);
    }
    back = arch_return_slot(cfa, rule.bp, rule.bp_kind != RULE_BP_SAME);
    if (!may_read(c, p, back) || (c->guessed && cfa <= c->sp))
        return -1;
    if (rule.bp_kind != RULE_BP_SAME) {
        uint64_t at = (rule.bp_kind == RULE_BP_AT_CFA ? cfa : c->bp) + (uint64_t)(int64_t)rule.bp;
        if (!may_read(c, p, at))
            return -1;
        c->bp = load_bp(c, at);
    }
    c->ip = arch_return_address(load(c, back));
    c->sp = cfa;
    c->exact = 0;
    return 0;
}

/* Steps out of a signal handler: the kernel left the interrupted registers at sp. */
static void step_sigreturn(struct cursor *c) {
    uint64_t at = c->sp;
    c->step |= PATH_BP_RELOADED;
    c->ip = load(c, at + ARCH_SIGNAL_IP);
    c->sp = load(c, at + ARCH_SIGNAL_SP);
    c->bp = load_bp(c, at + ARCH_SIGNAL_BP);
    c->exact = 1;
}

/* Code without CFI, just-in-time code above all: follows rbp while it stays inside the stack. */
static int step_by_guess(struct cursor *c, const struct path *p) {
    c->guessed = 1;
    if (c->bp < c->sp || !on_own_stack(p, c->sp) || !on_own_stack(p, c->bp))
        return -1;
    c->ip = arch_return_address(load(c, c->bp + 8));
    c->sp = c->bp + 16;
    c->bp = load_bp(c, c->bp);
    c->exact = 0;
    return 0;
}

enum outcome { GO_ON, ENDED, CUT, MET };

/* Do signal handlers return to this code, which is part of no object? */
static int is_bare_sigreturn(const struct cursor *c) {
    static uint64_t known;
    if (ARCH_SIGRETURN_HAS_CFI || c->guessed || c->ip % 8 != 0)
        return 0;
    if (c->ip != known && may_ask_kernel && sys_is_readable((const void *)(uintptr_t)c->ip) &&
        arch_is_sigreturn(c->ip))
        known = c->ip;
    return c->ip == known;
}

static enum outcome step_without_cfi(struct cursor *c, struct path *p, int in_object) {
    c->step |= PATH_BP_USED;
    if (!in_object && is_bare_sigreturn(c)) {
        step_sigreturn(c);
        return GO_ON;
    }
    if (in_object && c->bp == 0) /* the psABI's mark of the outermost frame: the loader's start */
        return ENDED;
    if (step_by_guess(c, p) != 0)
        return CUT;
    p->guessed++;
    return GO_ON;
}

/* libunwind comes to the cursor's frame by itself; the next one is what is wanted. */
struct pursuit {
    uint64_t ip, sp;
    int found;
    struct unwind_registers outer;
};

static int pursue(void *argument, const struct unwind_registers *frame) {
    struct pursuit *p = argument;
    if (!p->found) {
        p->found = frame->ip == p->ip && frame->sp == p->sp;
        return 0;
    }
    p->outer = *frame;
    return 1;
}

static enum outcome step_by_libunwind(struct cursor *c) {
    struct pursuit p = {.ip = c->ip, .sp = c->sp};
    int r = c->guessed ? -1 : unwind_libunwind_visit(c->thread, pursue, &p);
    if (r < 0 || !p.found || (r == 0 && !ARCH_LIBUNWIND_KNOWS_END))
        return CUT;
    if (r == 0)
        return ENDED;
    c->ip = p.outer.ip;
    c->sp = p.outer.sp;
    c->bp = p.outer.bp;
    c->exact = 0;
    return GO_ON;
}

/* After a guess that has not found sp no rule can be followed but the outermost frame's. */
static inline enum rule_kind kind_of_step(const struct cursor *c) {
    int knows_sp = ARCH_RECORD_TELLS_SP || !c->guessed || c->rule.kind == RULE_END;
    return knows_sp ? c->rule.kind : RULE_NO_CFI;
}

static __attribute__((noinline)) enum outcome step_otherwise(struct cursor *c, struct path *p,
                                                             int in_object) {
    c->step |= (c->guessed ? PATH_GUESSED : 0);
    switch (kind_of_step(c)) {
    case RULE_END:
        c->step |= PATH_BP_RELOADED;
        return ENDED;
    case RULE_COMPLEX:
        c->step |= PATH_BP_RELOADED | PATH_OPAQUE;
        return step_by_libunwind(c);
    case RULE_SIGRETURN:
        step_sigreturn(c);
        return GO_ON;
    case RULE_NO_CFI:
        return step_without_cfi(c, p, in_object);
    default:
        return step_by_rule(c, p) == 0 ? GO_ON : CUT;
    }
}

/* Nearly all steps are plain ones, for which the cursor stays in registers. */
static inline enum outcome step(struct cursor *c, struct path *p) {
    struct cursor other;
    enum outcome outcome;
    int in_object;
    c->rule = rule_find(c->ip, c->exact, &in_object);
    c->step = c->rule.own * PATH_OWN;
    if (__builtin_expect(!c->guessed & (c->rule.kind - RULE_CFA_SP <= RULE_CFA_BP - RULE_CFA_SP),
                         1))
        return step_by_rule(c, p) == 0 ? GO_ON : CUT;
    other = *c;
    outcome = step_otherwise(&other, p, in_object);
    *c = other;
    return outcome;
}

static __attribute__((noinline)) int grow(struct path *p, uint32_t frames, uint32_t slots) {
    p->fresh_count = frames;
    p->fresh_slot_count = slots;
    return path_grow(p);
}

/* There is a place for one more frame; the arrays may have moved. */
static inline int has_room(struct path *p, struct cursor *c) {
    uint32_t frames = (uint32_t)(c->fresh - p->fresh);
    uint32_t slots = (uint32_t)(c->slot - p->fresh_slot);
    if (__builtin_expect(frames < p->capacity, 1))
        return 1;
    if (grow(p, frames, slots) != 0)
        return 0;
    c->fresh = p->fresh + frames;
    c->slot = p->fresh_slot + slots;
    return 1;
}

/* Steps out of the cursor's frame and adds it, with what the step has read. */
static inline enum outcome pass(struct path *p, struct cursor *c) {
    struct path_fresh *f;
    const struct path_slot *first;
    enum outcome outcome;
    if (!has_room(p, c))
        return CUT;
    f = c->fresh++;
    f->ip_module = c->ip >> ARCH_IP_SHIFT | (c->exact ? PATH_EXACT : 0);
    f->sp = c->sp;
    f->bp = c->bp;
    first = c->slot;
    outcome = step(c, p);
    f->ip_module |= (uint64_t)c->rule.module << ARENA_MODULE_SHIFT;
    f->slots = (uint32_t)(c->slot - first);
    f->step = c->step;
    return outcome;
}

/* The candidate's frames are as they were, from the outermost on; if not, there is another one. */
static inline int is_as_it_was(struct cursor *c, const struct path *p) {
    if (c->top <= c->verified)
        return 1;
    c->verified = path_verify(p, c->top);
    if (c->verified == c->top)
        return 1;
    c->top = c->verified;
    if (c->top >= p->on_stack) /* those further out have not been looked at */
        c->verified = 0;
    return 0;
}

/* Has the cursor arrived at a remembered frame from which on the path is as it was? */
static inline int meets(struct cursor *c, const struct path *p) {
    uint64_t ip = c->ip >> ARCH_IP_SHIFT | (c->exact ? PATH_EXACT : 0);
    const struct path_frame *f = p->frame + c->top;
    while (f > p->frame && f[-1].sp < c->sp)
        f--;
    c->top = (uint32_t)(f - p->frame);
    if (c->top == 0)
        return 0;
    f--;
    if (f->sp != c->sp || (f->ip_module & PATH_IP) != ip || f->guessed != (c->guessed != 0) ||
        (f->uses_bp && f->bp != c->bp))
        return 0;
    return is_as_it_was(c, p);
}

static inline enum outcome walk(struct path *p, struct cursor *c) {
    enum outcome outcome = GO_ON;
    while (outcome == GO_ON) {
        if (c->ip - 1 >= ARENA_IP_MASK << ARCH_IP_SHIFT)
            return c->ip == 0 ? ENDED : CUT;
        if (meets(c, p))
            return MET;
        outcome = pass(p, c);
    }
    return outcome;
}

/* Not while the C library itself allocates: pthread_getattr_np does so with a lock on the thread,
 * which asking takes too. Until then every stack is a foreign one. */
static void ask_for_bounds(struct unwind_thread *t, uint64_t caller) {
    if (is_in(&libc, caller))
        return;
    t->asked_for_bounds = 1;
    path_forget(&t->path);
    if (unwind_stack_bounds(&t->path.stack_low, &t->path.stack_high) != 0)
        t->path.stack_low = t->path.stack_high = 0;
}

struct path_end *unwind_walk_unchecked(struct unwind_thread *t, const struct unwind_start *start) {
    struct path *p = &t->path;
    struct cursor c = {.ip = start->ip, .sp = unwind_start_sp(start), .bp = start->bp, .thread = t};
    struct path_end *kept = NULL;
    enum outcome outcome;
    if (__builtin_expect(!t->asked_for_bounds, 0))
        ask_for_bounds(t, start->ip);
    path_begin(p, rule_generation());
    c.top = p->clear;
    c.fresh = p->fresh;
    c.slot = p->fresh_slot;
    outcome = walk(p, &c);
    p->fresh_count = (uint32_t)(c.fresh - p->fresh);
    p->fresh_slot_count = (uint32_t)(c.slot - p->fresh_slot);
    if (outcome != MET)
        p->truncated = outcome == CUT;
    path_join(p, outcome == MET ? c.top : 0);
    if (outcome == MET && !memo_rests(&t->memo))
        kept = memo_keep(&t->memo, p, c.top);
    t->recalls = memo_rests(&t->memo) ? 0 : p->generation;
    return kept != NULL ? kept : &p->end;
}

struct path_end *unwind_walk(struct unwind_thread *t, const struct unwind_start *start) {
    struct path_end *end = unwind_walk_unchecked(t, start);
    unwind_check(t, end, start);
    return end;
}

int unwind_thread_init(struct unwind_thread *t) {
    return path_init(&t->path);
}

void unwind_thread_reset(struct unwind_thread *t) {
    path_forget(&t->path);
    t->path.stack_low = t->path.stack_high = 0;
    t->asked_for_bounds = 0;
}
