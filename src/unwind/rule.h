/* How to step out of one frame, as found in .eh_frame, and whose frame it is: 8 bytes that are kept
 * per code address. */
#ifndef UNWIND_RULE_H
#define UNWIND_RULE_H

#include <stdint.h>
#include <string.h>

enum rule_kind {
    RULE_UNKNOWN,   /* not looked up yet */
    RULE_CFA_SP,    /* CFA = rsp + cfa */
    RULE_CFA_BP,    /* CFA = rbp + cfa */
    RULE_CFA_AT_BP, /* CFA = *(rbp + cfa): a frame that realigned its stack */
    RULE_SIGRETURN, /* the kernel's signal frame lies at rsp */
    RULE_END,       /* the outermost frame */
    RULE_COMPLEX,   /* has CFI that only libunwind can evaluate */
    RULE_NO_CFI     /* belongs to an object, but no CFI covers it */
};
enum rule_bp { RULE_BP_SAME, RULE_BP_AT_CFA, RULE_BP_AT_BP }; /* where the caller's rbp is saved */

struct rule { /* the return address is at CFA - 8 in the kinds that have a CFA */
    int64_t cfa : 26;
    int64_t bp : 16;
    uint64_t kind : 3;    /* enum rule_kind */
    uint64_t bp_kind : 2; /* enum rule_bp */
    uint64_t own : 1;     /* the tracer's own code */
    uint64_t module : 16; /* the owner's number of the object that holds the code; 0: none */
};
enum { RULE_CFA_MAX = (1 << 25) - 1 };

/* The rule for `ip` (a return address unless exact), from the cache or from .eh_frame. No lock but
 * the owner's for a new module, no allocation, async-signal-safe. *in_object = 0, with RULE_NO_CFI,
 * means that no loaded object contains ip (just-in-time code, or an object that the loader has not
 * published yet). */
struct rule rule_find_slowly(uint64_t ip, int exact, int *in_object);

/* The cache: direct-mapped, shared by all threads without a lock. An entry is valid only if its two
 * words agree, so a torn read is a miss. The key's upper 16 bits are the generation of loaded
 * objects. */
enum { RULE_CACHE_BITS = 13, RULE_CACHE_SIZE = 1 << RULE_CACHE_BITS };
struct rule_entry {
    uint64_t key_xor_rule, rule;
};
extern struct rule_entry rule_cache[RULE_CACHE_SIZE] __attribute__((visibility("hidden")));
extern uint64_t rule_generations __attribute__((visibility("hidden")));

static inline uint64_t rule_key(uint64_t ip, int exact) {
    uint64_t g = __atomic_load_n(&rule_generations, __ATOMIC_RELAXED);
    return ip << 1 | (uint64_t)exact | g << 48;
}

static inline struct rule_entry *rule_entry_of(uint64_t key) {
    return &rule_cache[(key * UINT64_C(0x9e3779b97f4a7c15)) >> (64 - RULE_CACHE_BITS)];
}

static inline struct rule rule_find(uint64_t ip, int exact, int *in_object) {
    uint64_t key = rule_key(ip, exact);
    const struct rule_entry *e = rule_entry_of(key);
    uint64_t word = __atomic_load_n(&e->rule, __ATOMIC_RELAXED);
    struct rule rule;
    if (__builtin_expect((__atomic_load_n(&e->key_xor_rule, __ATOMIC_RELAXED) ^ word) != key, 0) ||
        word == 0)
        return rule_find_slowly(ip, exact, in_object);
    memcpy(&rule, &word, sizeof rule);
    *in_object = 1;
    return rule;
}

/* Forgets every cached rule: objects were mapped or unmapped. */
void rule_flush(void);

/* Counts the flushes; never 0. */
static inline uint32_t rule_generation(void) {
    return (uint32_t)__atomic_load_n(&rule_generations, __ATOMIC_RELAXED);
}

/* Implemented by the owner: the number of a loaded object, below 65536; 0: none to be had. */
struct dl_find_object;
uint32_t rule_module_of(const struct dl_find_object *object);

/* Evaluates .eh_frame for `pc` given an object's .eh_frame_hdr. */
struct rule rule_compute(uint64_t pc, const uint8_t *eh_frame_hdr);
/* 1 if a function with CFI begins at `pc`. */
int rule_begins_function(uint64_t pc, const uint8_t *eh_frame_hdr);

#endif
