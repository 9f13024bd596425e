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
        ".type syscall, @function\n"
        "syscall:\n"
        "    .cfi_startproc\n"
        "    cmpq $317, %rdi\n" /* SYS_seccomp */
        "    je 2f\n"
        "1:  movq real_syscall(%rip), %r11\n"
        "    testq %r11, %r11\n"
        "    jz 4f\n"
        "    jmp *%r11\n"
        "4:  movq %rdi, %rax\n"
        "    movq %rsi, %rdi\n"
        "    movq %rdx, %rsi\n"
        "    movq %rcx, %rdx\n"
        "    movq %r8, %r10\n"
        "    movq %r9, %r8\n"
        "    movq 8(%rsp), %r9\n"
        "    syscall\n"
        "    cmpq $-4095, %rax\n"
        "    jae 3f\n"
        "    ret\n"
        "3:  movq %rax, %rdi\n"
        "    jmp fail_syscall\n"
        "2:  pushq %rdi\n    .cfi_adjust_cfa_offset 8\n"
        "    pushq %rsi\n    .cfi_adjust_cfa_offset 8\n"
        "    pushq %rdx\n    .cfi_adjust_cfa_offset 8\n"
        "    pushq %rcx\n    .cfi_adjust_cfa_offset 8\n"
        "    pushq %r8\n    .cfi_adjust_cfa_offset 8\n"
        "    pushq %r9\n    .cfi_adjust_cfa_offset 8\n"
        "    subq $8, %rsp\n    .cfi_adjust_cfa_offset 8\n"
        "    call before_seccomp\n"
        "    addq $8, %rsp\n    .cfi_adjust_cfa_offset -8\n"
        "    popq %r9\n    .cfi_adjust_cfa_offset -8\n"
        "    popq %r8\n    .cfi_adjust_cfa_offset -8\n"
        "    popq %rcx\n    .cfi_adjust_cfa_offset -8\n"
        "    popq %rdx\n    .cfi_adjust_cfa_offset -8\n"
        "    popq %rsi\n    .cfi_adjust_cfa_offset -8\n"
        "    popq %rdi\n    .cfi_adjust_cfa_offset -8\n"
        "    jmp 1b\n"
        "    .cfi_endproc\n"
        ".size syscall, . - syscall\n");
_Static_assert(SYS_seccomp == 317, "the number in the assembly above");

#endif
