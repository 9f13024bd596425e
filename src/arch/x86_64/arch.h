/* What the tracer must know of the machine: one such header for each, and the build's include path
 * picks one (ARCH in Makefile.am). Every machine's has the same names. No state; async-signal-safe.
 */
#ifndef ARCH_ARCH_H
#define ARCH_ARCH_H

#include <elf.h>
#include <stdint.h>

enum {
    ARCH_MACHINE = EM_X86_64,
    ARCH_ADDRESS_BITS = 47, /* user addresses are below 2 to the power of this */
    ARCH_IP_SHIFT = 0,      /* low bits that are 0 in every code address */
    ARCH_PAGE = 4096        /* the largest page that a kernel may have */
};

/* Relocations that store a symbol's address. */
enum {
    ARCH_R_JUMP_SLOT = R_X86_64_JUMP_SLOT,
    ARCH_R_GLOB_DAT = R_X86_64_GLOB_DAT,
    ARCH_R_ABSOLUTE = R_X86_64_64
};

/* A system call: the kernel's result, -errno on failure. */
static inline long arch_call(long number, long a, long b, long c, long d, long e, long f) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* In a loop that waits for another thread. */
static inline void arch_pause(void) {
    __builtin_ia32_pause();
}

/* A number that changes all the time. */
static inline uint64_t arch_ticks(void) {
    return __builtin_ia32_rdtsc();
}

#endif
