/* How to step out of one frame, as found in .eh_frame, and whose frame it is: 8 bytes that are kept
 * per code address. */
#ifndef UNWIND_RULE_H
#define UNWIND_RULE_H

#include <stdint.h>
#include <string.h>

#include "arch.h"

enum rule_kind {
    RULE_CFA_SP,    /* CFA = rsp + cfa, and more than rsp */
    RULE_CFA_BP,    /* CFA = rbp + cfa */
    RULE_CFA_AT_BP, /* CFA = *(rbp + cfa): a frame that realigned its stack */
    RULE_SIGRETURN, /* the kernel's signal frame lies at rsp */
    RULE_END,       /* the outermost frame */
    RULE_COMPLEX,   /* has CFI that only libunwind can evaluate */
    RULE_NO_CFI     /* belongs to an object, but no CFI covers it */
};
enum rule_bp { RULE_BP_SAME, RULE_BP_AT_CFA, RULE_BP_AT_BP }; /* where the caller's rbp is saved */

struct rule {             /* with a CFA, arch_return_slot says where the return address is */
    int64_t bp : 16;      /* from the CFA or rbp to what is saved */
    uint64_t kind : 3;    /* enum rule_kind */
    uint64_t bp_kind : 2; /* enum rule_bp */
    uint64_t own : 1;     /* the tracer's own code */
    int64_t cfa : 26;
    uint64_t module : 16; /* the owner's number of the object that holds the code; 0: none */
};
enum { RULE_CFA_MAX = (1 << 25) - 1 };

/* The rule for `ip` (a return address unless exact), from .eh_frame, and into the cache. No lock
 * but the owner's for a new module, no allocation, async-signal-safe. *in_object = 0, with
 * RULE_NO_CFI, means that no loaded object contains ip (just-in-time code, or an object that the
 * loader has not published yet). */
struct rule rule_find_slowly(uint64_t ip, int exact, int *in_object);

/* The cache, shared by all threads without a lock, dense so that little of it is evicted by the
 * program's own work: a set of four words of 8 bytes for addresses of the same hash. A word holds
 * the other bits of the address, the generation of loaded objects, and the number of the rule among
 * the few different ones. */
enum {
    RULE_SET_BITS = 11,
    RULE_SETS = 1 << RULE_SET_BITS,
    RULE_WAYS = 4,
    RULE_NUMBER_BITS = 16,
    RULE_NUMBERS = 1 << RULE_NUMBER_BITS,
    RULE_KEY_BITS = 48
};
struct rule_set {
    _Alignas(32) uint64_t word[RULE_WAYS];
};
extern struct rule_set rule_cache[RULE_SETS] __attribute__((visibility("hidden")));
extern uint64_t rule_numbered[RULE_NUMBERS] __attribute__((visibility("hidden")));
extern uint64_t rule_generations __attribute__((visibility("hidden")));

/* Where an address belongs, and its word without the number. */
struct rule_place {
    struct rule_set *set;
    uint64_t tag;
};

/* Multiplying by an odd number loses nothing: set and tag together are the address. */
static inline struct rule_place rule_place_of(uint64_t ip, int exact, uint64_t generation) {
    uint64_t h = (ip >> ARCH_IP_SHIFT << 1 | (uint64_t)exact) * UINT64_C(0x9e3779b97f4a7c15)
                 << (64 - RULE_KEY_BITS);
    struct rule_place place = {&rule_cache[h >> (64 - RULE_SET_BITS)], 0};
    __asm__("" : "+r"(place.set)); /* one register for the set, not one for each way */
    place.tag = h << RULE_SET_BITS | (generation & (RULE_SETS - 1)) << RULE_NUMBER_BITS;
    return place;
}

/* Without the place's tag the word of the address is a number, and the others are higher. */
static inline uint64_t rule_word(const struct rule_place *place, unsigned way) {
    return __atomic_load_n(&place->set->word[way], __ATOMIC_RELAXED) ^ place->tag;
}

static inline uint64_t rule_lower(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

/* The number of the address's rule; RULE_NUMBERS or more: it is not in the cache. */
static inline uint64_t rule_number(struct rule_place place) {
    return rule_lower(rule_lower(rule_word(&place, 0), rule_word(&place, 1)),
                      rule_lower(rule_word(&place, 2), rule_word(&place, 3)));
}

static inline struct rule rule_with_number(uint64_t number) {
    uint64_t held = __atomic_load_n(&rule_numbered[number], __ATOMIC_RELAXED);
    struct rule rule;
    memcpy(&rule, &held, sizeof rule);
    return rule;
}

/* Counts the flushes; never 0. */
static inline uint32_t rule_generation(void) {
    return (uint32_t)__atomic_load_n(&rule_generations, __ATOMIC_RELAXED);
}

static inline struct rule rule_find(uint64_t ip, int exact, int *in_object) {
    uint64_t number = rule_number(rule_place_of(ip, exact, rule_generation()));
    if (__builtin_expect(number >= RULE_NUMBERS, 0))
        return rule_find_slowly(ip, exact, in_object);
    *in_object = 1;
    return rule_with_number(number);
}

/* What it does, in one number: RULE_CFA_BP, RULE_FORM_SAVES_BP, or both, if it is a plain rule. */
enum { RULE_FORM_SAVES_BP = RULE_BP_AT_CFA << 3 };
static inline unsigned rule_form(struct rule rule) {
    uint64_t word;
    memcpy(&word, &rule, sizeof word);
    return word >> 16 & 63; /* kind, bp_kind, own */
}

static inline int rule_form_is_plain(unsigned form) {
    return (form & ~(unsigned)(RULE_CFA_BP | RULE_FORM_SAVES_BP)) == 0;
}

/* The CFA, or where it lies. */
static inline uint64_t rule_cfa(struct rule rule, uint64_t sp, uint64_t bp) {
    return (rule.kind == RULE_CFA_SP ? sp : bp) + (uint64_t)(int64_t)rule.cfa;
}

/* Forgets every cached rule: objects were mapped or unmapped. */
void rule_flush(void);

/* Implemented by the owner: the number of a loaded object, below 65536; 0: none to be had. */
struct dl_find_object;
uint32_t rule_module_of(const struct dl_find_object *object);

/* Evaluates .eh_frame for `pc` given an object's .eh_frame_hdr. */
struct rule rule_compute(uint64_t pc, const uint8_t *eh_frame_hdr);
/* 1 if a function with CFI begins at `pc`. */
int rule_begins_function(uint64_t pc, const uint8_t *eh_frame_hdr);

#endif
