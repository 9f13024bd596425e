/* How to step out of one frame, as found in .eh_frame: 8 bytes that are kept per code address. */
#ifndef UNWIND_RULE_H
#define UNWIND_RULE_H

#include <stdint.h>

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
    int32_t cfa;
    int16_t bp;
    uint8_t kind;    /* enum rule_kind */
    uint8_t bp_kind; /* enum rule_bp */
};

/* The rule for `ip` (a return address unless exact), from the cache or from .eh_frame. No lock, no
 * allocation, async-signal-safe. RULE_NO_CFI with *in_object = 0 means that no loaded object
 * contains ip (just-in-time code, or an object that the loader has not published yet). */
struct rule rule_find(uint64_t ip, int exact, int *in_object);
/* Forgets every cached rule: objects were mapped or unmapped. */
void rule_flush(void);

/* Counts the flushes; never 0. */
uint32_t rule_generation(void);

/* Evaluates .eh_frame for `pc` given an object's .eh_frame_hdr. */
struct rule rule_compute(uint64_t pc, const uint8_t *eh_frame_hdr);
/* 1 if a function with CFI begins at `pc`. */
int rule_begins_function(uint64_t pc, const uint8_t *eh_frame_hdr);

#endif
