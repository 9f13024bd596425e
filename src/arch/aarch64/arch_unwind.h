/* What the unwinder must know of the machine: how a function's frame lies on the stack, and how its
 * .eh_frame tells of it. One such header for each machine, all with the same names. No state;
 * async-signal-safe. `bp` is the register of the frame pointer, x29. */
#ifndef ARCH_ARCH_UNWIND_H
#define ARCH_ARCH_UNWIND_H

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

#include "arch.h"

#ifdef __clang__
#error "UNWIND_START_HERE needs gcc: clang's __builtin_dwarf_cfa is wrong on this machine"
#endif

/* Numbers of registers in CFI, and the operation of an expression that begins with bp, which frames
 * that realign their stack have elsewhere: 0 is none. */
enum { ARCH_CFI_BP = 29, ARCH_CFI_SP = 31, ARCH_CFI_RETURN = 30, ARCH_OP_BP = 0 };

/* Where a hook was called. Its frame's record {the caller's bp, return address} may lie anywhere in
 * the frame: where the caller's stack begins only the compiler knows. */
struct unwind_start {
    uint64_t bp, ip, sp;
};
#define UNWIND_START_HERE()                                                         \
    (&(const struct unwind_start){*(const uint64_t *)__builtin_frame_address(0),    \
                                  (uint64_t)(uintptr_t)__builtin_return_address(0), \
                                  (uint64_t)(uintptr_t)__builtin_dwarf_cfa()})
static inline uint64_t unwind_start_sp(const struct unwind_start *start) {
    return start->sp;
}

/* A saved return address without what the machine may have signed it with. */
static inline uint64_t arch_return_address(uint64_t saved) {
    return saved & ((UINT64_C(1) << ARCH_ADDRESS_BITS) - 1);
}

/* Where a frame keeps its return address, if its CFI is such that arch_can_return: `saved` is the
 * distance from the CFA at which the caller's bp is kept or, if it is not, the return address. */
static inline int arch_can_return(int64_t address, int has_bp, int64_t bp) {
    return !has_bp || address == bp + 8;
}

static inline uint64_t arch_return_slot(uint64_t cfa, int64_t saved, int has_bp) {
    return cfa + (uint64_t)saved + (has_bp ? 8 : 0);
}

/* The record {the caller's bp, return address} lies anywhere in a frame: a guess by bp does not
 * find sp, and from there on the walk goes from record to record. */
enum { ARCH_RECORD_TELLS_SP = 0 };

/* libunwind ends anywhere that bp is 0. */
enum { ARCH_LIBUNWIND_KNOWS_END = 0 };

/* At sp when a signal handler has returned: the interrupted registers. */
enum {
    ARCH_SIGNAL_FRAME = sizeof(siginfo_t),
    ARCH_SIGNAL_IP = ARCH_SIGNAL_FRAME + offsetof(ucontext_t, uc_mcontext.pc),
    ARCH_SIGNAL_SP = ARCH_SIGNAL_FRAME + offsetof(ucontext_t, uc_mcontext.sp),
    ARCH_SIGNAL_BP = ARCH_SIGNAL_FRAME + offsetof(ucontext_t, uc_mcontext.regs[ARCH_CFI_BP])
};

/* mov x8, #SYS_rt_sigreturn; svc #0: where handlers return to, known by nothing else, and not
 * always part of an object. `pc` is the instruction or the byte before it. */
enum { ARCH_SIGRETURN_HAS_CFI = 0 };
static inline int arch_is_sigreturn(uint64_t pc) {
    const uint32_t *at = (const uint32_t *)(uintptr_t)((pc + 3) & ~UINT64_C(3));
    return at[0] == 0xd2801168 && at[1] == 0xd4000001;
}

/* Is the instruction before `ip` a call: bl, or blr with or without authentication? */
static inline int arch_follows_call(uint64_t ip) {
    uint32_t code = ((const uint32_t *)(uintptr_t)(ip & ~UINT64_C(3)))[-1];
    return (code & 0xfc000000) == 0x94000000 || (code & 0xfefff000) == 0xd63f0000;
}

/* Calls function(argument) on another stack. */
static inline void arch_call_on_stack(void (*function)(void *), void *argument, void *stack_top) {
    register void *saved __asm__("x19");
    register void *x0 __asm__("x0") = argument;
    __asm__ volatile("mov %0, sp\n\t"
                     "mov sp, %2\n\t"
                     "blr %3\n\t"
                     "mov sp, %0"
                     : "=&r"(saved), "+r"(x0)
                     : "r"(stack_top), "r"(function)
                     : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12",
                       "x13", "x14", "x15", "x16", "x17", "x18", "x30", "memory", "cc", "v0", "v1",
                       "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13",
                       "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24",
                       "v25", "v26", "v27", "v28", "v29", "v30", "v31");
}

#endif
