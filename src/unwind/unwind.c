#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>
#include <ucontext.h>

#include "unwind/check.h"
#include "unwind/rule.h"
#include "unwind/unwind.h"

struct cursor {
    uint64_t ip, sp, bp;
    int exact;    /* ip was interrupted by a signal */
    int guessed;  /* a frame without CFI was passed: sp and bp may be wrong, so check before reading
                   */
    uint32_t top; /* remembered frames that may still match */
    /* of the frame that is being stepped out of */
    struct path_slot *slot; /* where its next slot goes */
    enum path_bp bp_effect;
};

static uint64_t own_start, own_size;

int unwind_is_own(uint64_t ip) {
    return ip - own_start < own_size;
}

void unwind_init(void) {
    struct dl_find_object object;
    if (_dl_find_object((void *)(uintptr_t)&unwind_init, &object) == 0) {
        own_start = (uint64_t)(uintptr_t)object.dlfo_map_start;
        own_size = (uint64_t)(uintptr_t)object.dlfo_map_end - own_start;
    }
}

void unwind_objects_changed(void) {
    rule_flush();
}

void unwind_rules_only(void) {
    unwind_libunwind_end();
}

static int on_own_stack(struct unwind_thread *t, uint64_t address) {
    if (t->stack_high == 0 && unwind_stack_bounds(&t->stack_low, &t->stack_high) != 0)
        return 0;
    return address >= t->stack_low && address + 16 <= t->stack_high && address % 8 == 0;
}

/* Reads a stack slot that the step depends on. */
static inline uint64_t load(struct cursor *c, uint64_t address) {
    uint64_t value = *(const uint64_t *)(uintptr_t)address;
    *c->slot++ = (struct path_slot){address, value};
    return value;
}

static enum path_bp effect_on_bp(const struct rule *rule) {
    if (rule->kind != RULE_CFA_SP || rule->bp_kind == RULE_BP_AT_BP)
        return PATH_BP_USED;
    return rule->bp_kind == RULE_BP_AT_CFA ? PATH_BP_RELOADED : PATH_BP_KEPT;
}

/* After a guess nothing is read that does not lie on the thread's stack. */
static int may_read(const struct cursor *c, struct unwind_thread *t, uint64_t address) {
    return !c->guessed || on_own_stack(t, address);
}

/* Steps past a frame that has CFI. 0, or -1 when the walk cannot go on. */
static inline int step_by_rule(struct cursor *c, const struct rule *rule, struct unwind_thread *t) {
    uint64_t cfa = (rule->kind == RULE_CFA_SP ? c->sp : c->bp) + (uint64_t)(int64_t)rule->cfa;
    c->bp_effect = effect_on_bp(rule);
    if (rule->kind == RULE_CFA_AT_BP) {
        if (!may_read(c, t, cfa))
            return -1;
        cfa = load(c, cfa);
    }
    if (!may_read(c, t, cfa - 8) || (c->guessed && cfa <= c->sp))
        return -1;
    if (rule->bp_kind == RULE_BP_AT_CFA)
        c->bp = load(c, cfa + (uint64_t)(int64_t)rule->bp);
    else if (rule->bp_kind == RULE_BP_AT_BP)
        c->bp = load(c, c->bp + (uint64_t)(int64_t)rule->bp);
    c->ip = load(c, cfa - 8);
    c->sp = cfa;
    c->exact = 0;
    return 0;
}

/* Steps out of a signal handler: the kernel left the interrupted registers at sp. */
static void step_sigreturn(struct cursor *c) {
    uint64_t registers = c->sp + offsetof(ucontext_t, uc_mcontext.gregs);
    c->bp_effect = PATH_BP_RELOADED;
    c->ip = load(c, registers + REG_RIP * sizeof(greg_t));
    c->sp = load(c, registers + REG_RSP * sizeof(greg_t));
    c->bp = load(c, registers + REG_RBP * sizeof(greg_t));
    c->exact = 1;
}

/* Code without CFI, just-in-time code above all: follows rbp while it stays inside the stack. */
static int step_by_guess(struct cursor *c, struct unwind_thread *t) {
    c->guessed = 1;
    if (c->bp < c->sp || !on_own_stack(t, c->sp) || !on_own_stack(t, c->bp))
        return -1;
    c->ip = load(c, c->bp + 8);
    c->sp = c->bp + 16;
    c->bp = load(c, c->bp);
    c->exact = 0;
    return 0;
}

enum outcome { GO_ON, ENDED, CUT, MET, NEEDS_LIBUNWIND };

static enum outcome step_without_cfi(struct cursor *c, struct path *p, struct unwind_thread *t,
                                     int in_object) {
    c->bp_effect = PATH_BP_USED;
    if (in_object && c->bp == 0) /* the psABI's mark of the outermost frame: the loader's start */
        return ENDED;
    if (step_by_guess(c, t) != 0)
        return CUT;
    p->guessed++;
    return GO_ON;
}

static inline enum outcome step(struct cursor *c, struct path *p, struct unwind_thread *t) {
    int in_object;
    struct rule rule = rule_find(c->ip, c->exact, &in_object);
    c->bp_effect = PATH_BP_RELOADED;
    switch (rule.kind) {
    case RULE_END:
        return ENDED;
    case RULE_COMPLEX:
        return NEEDS_LIBUNWIND;
    case RULE_SIGRETURN:
        step_sigreturn(c);
        return GO_ON;
    case RULE_NO_CFI:
        return step_without_cfi(c, p, t, in_object);
    default:
        return step_by_rule(c, &rule, t) == 0 ? GO_ON : CUT;
    }
}

/* Steps out of the cursor's frame and adds it, with what the step has read. */
static inline enum outcome pass(struct path *p, struct cursor *c, struct unwind_thread *t,
                                uint64_t ip) {
    struct path_frame f = {.ip = ip, .sp = c->sp, .bp = c->bp};
    struct path_slot *first;
    enum outcome outcome;
    if (__builtin_expect(p->fresh_count == p->capacity, 0) && path_grow(p) != 0)
        return CUT;
    first = c->slot = &p->fresh_slot[p->fresh_slot_count];
    outcome = step(c, p, t);
    f.slots = (uint32_t)(c->slot - first);
    f.bp_state = c->bp_effect;
    path_add(p, f);
    return outcome;
}

static enum outcome walk(struct path *p, struct cursor *c, struct unwind_thread *t) {
    enum outcome outcome = GO_ON;
    while (outcome == GO_ON) {
        uint64_t ip = c->ip | (c->exact ? PATH_EXACT : 0) | (unwind_is_own(c->ip) ? PATH_OWN : 0);
        if (c->ip == 0)
            return ENDED;
        if (c->ip > ARENA_IP_MASK)
            return CUT;
        /* After a guess what a step does also depends on the stack's bounds: no short cut. */
        if (!c->guessed && path_match(p, ip, c->sp, c->bp, &c->top))
            return MET;
        outcome = pass(p, c, t, ip);
    }
    return outcome;
}

/* libunwind's frames carry no registers: they are never met again. */
static enum outcome walk_with_libunwind(struct path *p, struct unwind_thread *thread) {
    p->fresh_count = p->fresh_slot_count = 0;
    return unwind_libunwind_walk(p, thread) == 0 ? ENDED : CUT;
}

void unwind_walk_unchecked(struct path *p, const struct unwind_start *start,
                           struct unwind_thread *thread) {
    struct cursor c = {.ip = start->ip, .sp = start->sp, .bp = start->bp};
    enum outcome outcome;
    path_begin(p, rule_generation());
    c.top = p->count;
    outcome = walk(p, &c, thread);
    if (outcome == NEEDS_LIBUNWIND)
        outcome = walk_with_libunwind(p, thread);
    if (outcome != MET)
        p->truncated = outcome == CUT;
    path_join(p, outcome == MET ? c.top : 0);
}

void unwind_walk(struct path *p, const struct unwind_start *start, struct unwind_thread *thread) {
    unwind_walk_unchecked(p, start, thread);
    unwind_check(p, start, thread);
}
