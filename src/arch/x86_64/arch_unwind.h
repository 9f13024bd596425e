/* What the unwinder must know of the machine: how a function's frame lies on the stack, and how its
 * .eh_frame tells of it. One such header for each machine, all with the same names. No state;
 * async-signal-safe. `bp` is the register of the frame pointer. */
#ifndef ARCH_ARCH_UNWIND_H
#define ARCH_ARCH_UNWIND_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

/* Numbers of registers in CFI, and the operation of an expression that begins with bp, which frames
 * that realign their stack have. */
enum { ARCH_CFI_BP = 6, ARCH_CFI_SP = 7, ARCH_CFI_RETURN = 16, ARCH_OP_BP = 0x76 };

/* Where a hook was called: what its own frame begins with, in place. Behind it lies the caller's
 * stack. It must be a hook's frame still when it is used last (unwind_start_end). */
struct unwind_start {
    uint64_t bp, ip;
};
#define UNWIND_START_HERE() ((const struct unwind_start *)__builtin_frame_address(0))
static inline uint64_t unwind_start_sp(const struct unwind_start *start) {
    return (uint64_t)(uintptr_t)(start + 1);
}

/* A saved return address without what the machine may have signed it with. */
static inline uint64_t arch_return_address(uint64_t saved) {
    return saved;
}

/* Where a frame keeps its return address, if its CFI is such that arch_can_return: `saved` is the
 * distance from the CFA at which the caller's bp is kept or, if it is not, the return address. */
static inline int arch_can_return(int64_t address, int has_bp, int64_t bp) {
    (void)has_bp, (void)bp;
    return address == -8;
}

static inline uint64_t arch_return_slot(uint64_t cfa, int64_t saved, int has_bp) {
    (void)saved, (void)has_bp;
    return cfa - 8;
}

/* The record {the caller's bp, return address} ends where the caller's frame begins: a guess by bp
 * finds sp. */
enum { ARCH_RECORD_TELLS_SP = 1 };

/* libunwind ends where the tables say that there is no caller. */
enum { ARCH_LIBUNWIND_KNOWS_END = 1 };

/* At sp when a signal handler has returned: the interrupted registers. */
enum {
    ARCH_SIGNAL_IP = offsetof(ucontext_t, uc_mcontext.gregs[REG_RIP]),
    ARCH_SIGNAL_SP = offsetof(ucontext_t, uc_mcontext.gregs[REG_RSP]),
    ARCH_SIGNAL_BP = offsetof(ucontext_t, uc_mcontext.gregs[REG_RBP])
};

/* mov $SYS_rt_sigreturn,%rax; syscall: where handlers return to. Its CFI says so, too. `pc` is the
 * instruction or the byte before it. */
enum { ARCH_SIGRETURN_HAS_CFI = 1 };
static inline int arch_is_sigreturn(uint64_t pc) {
    static const uint8_t code[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
    const uint8_t *at = (const uint8_t *)(uintptr_t)pc;
    return memcmp(at, code, sizeof code) == 0 || memcmp(at + 1, code, sizeof code) == 0;
}

/* Could the instruction before `ip` be a call? */
static inline int arch_follows_call(uint64_t address) {
    const uint8_t *ip = (const uint8_t *)(uintptr_t)address;
    return ip[-5] == 0xe8 || (ip[-6] == 0xff && ip[-5] == 0x15) ||
           (ip[-2] == 0xff && (ip[-1] & 0x38) == 0x10) ||
           (ip[-3] == 0xff && (ip[-2] & 0x38) == 0x10) ||
           (ip[-4] == 0xff && (ip[-3] & 0x38) == 0x10) ||
           (ip[-6] == 0xff && (ip[-5] & 0x38) == 0x10) ||
           (ip[-7] == 0xff && (ip[-6] & 0x38) == 0x10);
}

/* Calls function(argument) on another stack. */
static inline void arch_call_on_stack(void (*function)(void *), void *argument, void *stack_top) {
    register void *saved __asm__("rbx");
    __asm__ volatile("movq %%rsp, %0\n\t"
                     "movq %2, %%rsp\n\t"
                     "callq *%3\n\t"
                     "movq %0, %%rsp"
                     : "=&r"(saved), "+D"(argument)
                     : "r"(stack_top), "r"(function)
                     : "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "memory", "cc", "xmm0",
                       "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",
                       "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

#endif
