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
    uint32_t verified; /* of the remembered frames, so many are known to be as they were */
    int guessed;       /* a frame without CFI was passed: sp and bp may be wrong, so check before
                          reading */
    const struct path_frame *top; /* behind those that may still match */
    struct path_fresh *fresh;     /* where the next frame goes */
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
static inline uint64_t load(struct path_slot *slot, uint64_t address) {
    *slot = (struct path_slot){address, *(const uint64_t *)(uintptr_t)address};
    return slot->value;
}

static inline void load_ip(struct cursor *c, struct path_fresh *f, uint64_t address) {
    c->ip = arch_return_address(load(&f->back, address));
    c->exact = 0;
    f->step |= PATH_BACK;
}

static inline void load_bp(struct cursor *c, struct path_fresh *f, uint64_t address) {
    c->bp = load(&f->saved_bp, address);
    f->step |= PATH_BP_SAVED;
}

/* After a guess nothing is read that does not lie on the thread's stack. */
static inline int may_read(const struct cursor *c, const struct path *p, uint64_t address) {
    return !c->guessed || on_own_stack(p, address);
}

/* Steps past a frame that has CFI. 0, or -1 when the walk cannot go on. */
static int step_by_rule(struct cursor *c, struct path_fresh *f, struct rule rule,
                        const struct path *p) {
    uint64_t cfa = rule_cfa(rule, c->sp, c->bp), back;
    if (rule.kind != RULE_CFA_SP || rule.bp_kind == RULE_BP_AT_BP)
        f->step |= PATH_BP_USED;
    if (rule.kind == RULE_CFA_AT_BP) {
        if (!may_read(c, p, cfa))
            return -1;
        cfa = load(&f->other, cfa);
        f->step |= PATH_OTHER;
    }
    back = arch_return_slot(cfa, rule.bp, rule.bp_kind != RULE_BP_SAME);
    if (!may_read(c, p, back) || (c->guessed && cfa <= c->sp))
        return -1;
    if (rule.bp_kind != RULE_BP_SAME) {
        uint64_t at = (rule.bp_kind == RULE_BP_AT_CFA ? cfa : c->bp) + (uint64_t)(int64_t)rule.bp;
        if (!may_read(c, p, at))
            return -1;
        load_bp(c, f, at);
    }
    load_ip(c, f, back);
    c->sp = cfa;
    return 0;
}

/* Steps out of a signal handler: the kernel left the interrupted registers at sp. */
static void step_sigreturn(struct cursor *c, struct path_fresh *f) {
    uint64_t at = c->sp;
    load_bp(c, f, at + ARCH_SIGNAL_BP);
    c->ip = load(&f->back, at + ARCH_SIGNAL_IP);
    c->sp = load(&f->other, at + ARCH_SIGNAL_SP);
    c->exact = 1;
    f->step |= PATH_BACK | PATH_OTHER;
}

/* Code without CFI, just-in-time code above all: follows rbp while it stays inside the stack. */
static int step_by_guess(struct cursor *c, struct path_fresh *f, const struct path *p) {
    uint64_t record = c->bp;
    c->guessed = 1;
    if (record < c->sp || !on_own_stack(p, c->sp) || !on_own_stack(p, record))
        return -1;
    load_ip(c, f, record + 8);
    load_bp(c, f, record);
    c->sp = record + 16;
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

static enum outcome step_without_cfi(struct cursor *c, struct path_fresh *f, struct path *p,
                                     int in_object) {
    f->step |= PATH_BP_USED;
    if (!in_object && is_bare_sigreturn(c)) {
        step_sigreturn(c, f);
        return GO_ON;
    }
    if (in_object && c->bp == 0) /* the psABI's mark of the outermost frame: the loader's start */
        return ENDED;
    if (step_by_guess(c, f, p) != 0)
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
static enum rule_kind kind_of_step(const struct cursor *c, struct rule rule) {
    int knows_sp = ARCH_RECORD_TELLS_SP || !c->guessed || rule.kind == RULE_END;
    return knows_sp ? rule.kind : RULE_NO_CFI;
}

static enum outcome step(struct cursor *c, struct path_fresh *f, struct rule rule, int in_object) {
    struct path *p = &c->thread->path;
    switch (kind_of_step(c, rule)) {
    case RULE_END:
        f->step |= PATH_BP_LOST;
        return ENDED;
    case RULE_COMPLEX:
        f->step |= PATH_BP_LOST | PATH_OPAQUE;
        return step_by_libunwind(c);
    case RULE_SIGRETURN:
        step_sigreturn(c, f);
        return GO_ON;
    case RULE_NO_CFI:
        return step_without_cfi(c, f, p, in_object);
    default:
        return step_by_rule(c, f, rule, p) == 0 ? GO_ON : CUT;
    }
}

/* The place of the next fresh frame; NULL: no memory. The arrays may have moved. */
static struct path_fresh *next_fresh(struct path *p, struct cursor *c) {
    uint32_t count = (uint32_t)(c->fresh - p->fresh), top = (uint32_t)(c->top - p->frame);
    if (count == path_room(p)) {
        p->fresh_count = count;
        if (path_grow(p) != 0)
            return NULL;
        c->fresh = p->fresh + count;
        c->top = p->frame + top;
    }
    return c->fresh++;
}

/* Steps out of the cursor's frame, whatever it is, and adds it with what the step has read. */
static __attribute__((noinline)) enum outcome pass_slowly(struct path *p, struct cursor *c) {
    struct path_fresh *f = next_fresh(p, c);
    struct rule rule;
    int in_object;
    if (f == NULL)
        return CUT;
    rule = rule_find(c->ip, c->exact, &in_object);
    f->ip_module = c->ip >> ARCH_IP_SHIFT | (c->exact ? PATH_EXACT : 0) |
                   (uint64_t)rule.module << ARENA_MODULE_SHIFT;
    f->sp = c->sp;
    f->bp = c->bp;
    f->step = PATH_SPECIAL | rule.own * PATH_OWN | (c->guessed ? PATH_GUESSED : 0);
    return step(c, f, rule, in_object);
}

/* The candidate's frames are as they were, from the outermost on; if not, there is another one. */
static inline int is_as_it_was(struct cursor *c, const struct path *p) {
    uint32_t top = (uint32_t)(c->top - p->frame);
    if (top <= c->verified)
        return 1;
    c->verified = path_verify(p, top);
    if (c->verified == top)
        return 1;
    c->top = p->frame + c->verified;
    if (c->verified >= p->on_stack) /* those further out have not been looked at */
        c->verified = 0;
    return 0;
}

/* The remembered frame that begins where this one does, or further out. */
static inline const struct path_frame *candidate(const struct path_frame *top, uint64_t sp) {
    while (top[-1].sp < sp)
        top--;
    return top - 1;
}

static inline int has_address(const struct path_frame *f, uint64_t sp, uint64_t ip, int exact) {
    return f->sp == sp &&
           (f->ip_module & PATH_IP) == (ip >> ARCH_IP_SHIFT | (exact ? PATH_EXACT : 0));
}

/* Has the cursor arrived at a remembered frame from which on the path is as it was? */
static inline int meets(struct cursor *c, const struct path *p) {
    const struct path_frame *f = candidate(c->top, c->sp);
    c->top = f + 1;
    return has_address(f, c->sp, c->ip, c->exact) && f->guessed == (c->guessed != 0) &&
           (!f->uses_bp || f->bp == c->bp) && is_as_it_was(c, p);
}

/* Can this be where code was called or interrupted? */
static inline int is_address(uint64_t ip) {
    return ip - 1 < ARENA_IP_MASK << ARCH_IP_SHIFT;
}

_Static_assert((int)PATH_BP_USED == RULE_CFA_BP && (int)PATH_BP_SAVED == RULE_FORM_SAVES_BP,
               "the form of a plain rule is what is known of its step");

/* Steps out of a frame by a plain rule. */
static inline void step_plainly(struct cursor *c, struct path_fresh *f, struct rule rule) {
    uint64_t cfa = rule_cfa(rule, c->sp, c->bp);
    unsigned form = rule_form(rule);
    int saves_bp = (form & RULE_FORM_SAVES_BP) != 0;
    f->ip_module = c->ip >> ARCH_IP_SHIFT | (uint64_t)rule.module << ARENA_MODULE_SHIFT;
    f->sp = c->sp;
    f->bp = c->bp;
    f->step = form;
    if (saves_bp)
        c->bp = load(&f->saved_bp, cfa + (uint64_t)(int64_t)rule.bp);
    c->ip = arch_return_address(load(&f->back, arch_return_slot(cfa, rule.bp, saves_bp)));
    c->sp = cfa;
}

/* As far as all rules are plain and known, up to where it may meet the path. `refused`: where it
 * begins it does not. */
static inline void pass_plainly(const struct path *p, struct cursor *c, int refused) {
    const struct path_fresh *end = p->fresh + path_room(p);
    uint64_t generation = rule_generation();
    for (; c->fresh < end && is_address(c->ip); c->fresh++, refused = 0) {
        const struct path_frame *f = candidate(c->top, c->sp);
        uint64_t number;
        struct rule rule;
        c->top = f + 1;
        if (has_address(f, c->sp, c->ip, 0) && !refused)
            return;
        number = rule_number(rule_place_of(c->ip, 0, generation));
        if (number >= RULE_NUMBERS)
            return;
        rule = rule_with_number(number);
        if (!rule_form_is_plain(rule_form(rule)))
            return;
        step_plainly(c, c->fresh, rule);
    }
}

/* Nearly all frames are plain ones, for which the cursor stays in registers. */
static inline enum outcome pass_carefully(struct path *p, struct cursor *c) {
    struct cursor other = *c;
    enum outcome outcome = pass_slowly(p, &other);
    *c = other;
    return outcome;
}

static inline __attribute__((always_inline)) enum outcome walk(struct path *p, struct cursor *c) {
    const struct path_fresh *refused = NULL; /* this one does not meet the path */
    enum outcome outcome = GO_ON;
    while (outcome == GO_ON) {
        if (!c->guessed && !c->exact)
            pass_plainly(p, c, c->fresh == refused);
        if (!is_address(c->ip))
            return c->ip == 0 ? ENDED : CUT;
        if (c->fresh != refused) {
            if (meets(c, p))
                return MET;
            refused = c->fresh;
        } else {
            outcome = pass_carefully(p, c);
        }
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

struct path_end *unwind_walk(struct unwind_thread *t, const struct unwind_start *start) {
    struct path *p = &t->path;
    struct cursor c = {.ip = start->ip, .sp = unwind_start_sp(start), .bp = start->bp, .thread = t};
    struct path_end *kept = NULL;
    enum outcome outcome;
    uint32_t met;
    if (__builtin_expect(!t->asked_for_bounds, 0))
        ask_for_bounds(t, start->ip);
    path_begin(p, rule_generation());
    c.top = p->frame + p->clear;
    c.fresh = p->fresh;
    outcome = walk(p, &c);
    p->fresh_count = (uint32_t)(c.fresh - p->fresh);
    met = outcome == MET ? (uint32_t)(c.top - p->frame) : 0;
    if (met == 0)
        p->truncated = outcome == CUT;
    path_join(p, met);
    if (met > 0 && !memo_rests(&t->memo))
        kept = memo_keep(&t->memo, p, met);
    t->recalls = memo_rests(&t->memo) ? 0 : p->generation;
    return kept != NULL ? kept : &p->end;
}

int unwind_thread_init(struct unwind_thread *t) {
    return path_init(&t->path);
}

void unwind_thread_reset(struct unwind_thread *t) {
    path_forget(&t->path);
    t->path.stack_low = t->path.stack_high = 0;
    t->asked_for_bounds = 0;
}
