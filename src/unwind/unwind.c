#include <dlfcn.h>
#include <signal.h>
#include <ucontext.h>

#include "unwind/rule.h"
#include "unwind/unwind.h"

struct cursor {
    uint64_t ip, sp, bp;
    int exact;   /* ip was interrupted by a signal */
    int guessed; /* a frame without CFI was passed: sp and bp may be wrong, so check before reading
                  */
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

static uint64_t load(uint64_t address) {
    return *(const uint64_t *)(uintptr_t)address;
}

static int on_own_stack(struct unwind_thread *t, uint64_t address) {
    if (t->stack_high == 0 && unwind_stack_bounds(&t->stack_low, &t->stack_high) != 0)
        return 0;
    return address >= t->stack_low && address + 16 <= t->stack_high && address % 8 == 0;
}

/* Steps past a frame that has CFI. 0, or -1 when the walk cannot go on. */
static int step_by_rule(struct cursor *c, const struct rule *rule, struct unwind_thread *t) {
    uint64_t cfa = (rule->kind == RULE_CFA_SP ? c->sp : c->bp) + (uint64_t)(int64_t)rule->cfa;
    if (c->guessed && !on_own_stack(t, rule->kind == RULE_CFA_AT_BP ? cfa : cfa - 8))
        return -1;
    if (rule->kind == RULE_CFA_AT_BP)
        cfa = load(cfa);
    if (c->guessed && (!on_own_stack(t, cfa - 8) || cfa <= c->sp))
        return -1;
    if (rule->bp_kind == RULE_BP_AT_CFA)
        c->bp = load(cfa + (uint64_t)(int64_t)rule->bp);
    else if (rule->bp_kind == RULE_BP_AT_BP)
        c->bp = load(c->bp + (uint64_t)(int64_t)rule->bp);
    c->ip = load(cfa - 8);
    c->sp = cfa;
    c->exact = 0;
    return 0;
}

/* Steps out of a signal handler: the kernel left the interrupted registers at sp. */
static void step_sigreturn(struct cursor *c) {
    const ucontext_t *u = (const ucontext_t *)(uintptr_t)c->sp;
    c->ip = (uint64_t)u->uc_mcontext.gregs[REG_RIP];
    c->sp = (uint64_t)u->uc_mcontext.gregs[REG_RSP];
    c->bp = (uint64_t)u->uc_mcontext.gregs[REG_RBP];
    c->exact = 1;
}

/* Code without CFI, just-in-time code above all: follows rbp while it stays inside the stack. */
static int step_by_guess(struct cursor *c, struct frames *f, struct unwind_thread *t) {
    c->guessed = 1;
    if (c->bp < c->sp || !on_own_stack(t, c->sp) || !on_own_stack(t, c->bp))
        return -1;
    c->ip = load(c->bp + 8);
    c->sp = c->bp + 16;
    c->bp = load(c->bp);
    c->exact = 0;
    f->guessed++;
    return 0;
}

enum outcome { GO_ON, ENDED, CUT, NEEDS_LIBUNWIND };

static enum outcome step(struct cursor *c, struct frames *f, struct unwind_thread *t) {
    int in_object;
    struct rule rule = rule_find(c->ip, c->exact, &in_object);
    switch (rule.kind) {
    case RULE_END:
        return ENDED;
    case RULE_COMPLEX:
        return NEEDS_LIBUNWIND;
    case RULE_SIGRETURN:
        step_sigreturn(c);
        return GO_ON;
    case RULE_NO_CFI:
        if (in_object &&
            c->bp == 0) /* the psABI's mark of the outermost frame: the loader's start */
            return ENDED;
        return step_by_guess(c, f, t) == 0 ? GO_ON : CUT;
    default:
        return step_by_rule(c, &rule, t) == 0 ? GO_ON : CUT;
    }
}

static enum outcome walk(struct frames *f, struct cursor *c, struct unwind_thread *t) {
    enum outcome outcome = GO_ON;
    while (outcome == GO_ON) {
        if (c->ip == 0)
            return ENDED;
        if (c->ip > ARENA_IP_MASK)
            return CUT;
        if (!unwind_is_own(c->ip) && frames_push(f, c->ip | (c->exact ? UNWIND_EXACT : 0)) != 0)
            return CUT;
        outcome = step(c, f, t);
    }
    return outcome;
}

void unwind_walk(struct frames *f, const struct unwind_start *start, struct unwind_thread *thread) {
    struct cursor c = {.ip = start->ip, .sp = start->sp, .bp = start->bp};
    enum outcome outcome;
    f->count = f->guessed = f->truncated = 0;
    outcome = walk(f, &c, thread);
    if (outcome == NEEDS_LIBUNWIND)
        outcome = unwind_libunwind_walk(f, thread) == 0 ? ENDED : CUT;
    if (outcome == CUT)
        f->truncated = 1;
}
