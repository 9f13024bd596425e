/* syscall(2) as it is in front of libc's, or another library's. For src/preload/hooks_seccomp.c
 * alone, which has the functions that it calls: before_seccomp before a filter may be installed,
 * and, as long as real_syscall is not known, fail_syscall with the kernel's result of a call that
 * has failed. */
#ifndef ARCH_ARCH_SYSCALL_H
#define ARCH_ARCH_SYSCALL_H

#include <sys/syscall.h>

/* syscall(2) may be clone or vfork, whose child comes back on the same stack: the call is made
 * without a frame of ours, except when it has failed and before seccomp. */
__asm__(".text\n"
        ".globl syscall\n"
        ".type syscall, %function\n"
        "syscall:\n"
        "    .cfi_startproc\n"
        "    cmp x0, #277\n" /* SYS_seccomp */
        "    b.eq 2f\n"
        "1:  adrp x16, real_syscall\n"
        "    ldr x16, [x16, #:lo12:real_syscall]\n"
        "    cbz x16, 4f\n"
        "    br x16\n"
        "4:  mov x8, x0\n"
        "    mov x0, x1\n"
        "    mov x1, x2\n"
        "    mov x2, x3\n"
        "    mov x3, x4\n"
        "    mov x4, x5\n"
        "    mov x5, x6\n"
        "    svc #0\n"
        "    cmn x0, #4095\n"
        "    b.cs 3f\n"
        "    ret\n"
        "3:  b fail_syscall\n"
        "2:  stp x29, x30, [sp, #-80]!\n"
        "    .cfi_def_cfa_offset 80\n"
        "    .cfi_offset x29, -80\n"
        "    .cfi_offset x30, -72\n"
        "    mov x29, sp\n"
        "    stp x0, x1, [sp, #16]\n"
        "    stp x2, x3, [sp, #32]\n"
        "    stp x4, x5, [sp, #48]\n"
        "    str x6, [sp, #64]\n"
        "    bl before_seccomp\n"
        "    ldp x0, x1, [sp, #16]\n"
        "    ldp x2, x3, [sp, #32]\n"
        "    ldp x4, x5, [sp, #48]\n"
        "    ldr x6, [sp, #64]\n"
        "    ldp x29, x30, [sp], #80\n"
        "    .cfi_restore x29\n"
        "    .cfi_restore x30\n"
        "    .cfi_def_cfa_offset 0\n"
        "    b 1b\n"
        "    .cfi_endproc\n"
        ".size syscall, . - syscall\n");
_Static_assert(SYS_seccomp == 277, "the number in the assembly above");

#endif
