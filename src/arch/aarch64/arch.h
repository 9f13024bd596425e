/* What the tracer must know of the machine: one such header for each, and the build's include path
 * picks one (ARCH in Makefile.am). Every machine's has the same names. No state; async-signal-safe.
 */
#ifndef ARCH_ARCH_H
#define ARCH_ARCH_H

#include <elf.h>
#include <stdint.h>

enum {
    ARCH_MACHINE = EM_AARCH64,
    ARCH_ADDRESS_BITS = 48, /* user addresses are below 2 to the power of this */
    ARCH_IP_SHIFT = 2,      /* low bits that are 0 in every code address */
    ARCH_PAGE = 65536       /* the largest page that a kernel may have */
};

/* Relocations that store a symbol's address. */
enum {
    ARCH_R_JUMP_SLOT = R_AARCH64_JUMP_SLOT,
    ARCH_R_GLOB_DAT = R_AARCH64_GLOB_DAT,
    ARCH_R_ABSOLUTE = R_AARCH64_ABS64
};

/* A system call: the kernel's result, -errno on failure. */
static inline long arch_call(long number, long a, long b, long c, long d, long e, long f) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc #0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory", "cc");
    return x0;
}

/* In a loop that waits for another thread. */
static inline void arch_pause(void) {
    __asm__ volatile("yield");
}

/* A number that changes all the time. */
static inline uint64_t arch_ticks(void) {
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
}

#endif
