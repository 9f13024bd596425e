/* A program that restricts its own system calls may be killed by ours: the tracer takes what memory
 * it may need beforehand and makes no system call afterwards. */
#include <stdarg.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "preload/hook.h"

HOOK int prctl(int option, ...) {
    unsigned long a[4];
    va_list list;
    va_start(list, option);
    for (int i = 0; i < 4; i++)
        a[i] = va_arg(list, unsigned long);
    va_end(list);
    if (hook_is_on() && option == PR_SET_SECCOMP)
        session_freeze();
    return real.prctl(option, a[0], a[1], a[2], a[3]);
}

/* Where the hook below jumps to; NULL: not known yet. */
__attribute__((used)) static void *next_syscall;

__attribute__((used)) static void before_syscall(long number) {
    if (hook_is_on() && number == SYS_seccomp)
        session_freeze();
    next_syscall = (void *)real.syscall;
}

/* syscall(2) may be clone or vfork, whose child comes back on the same stack: the hook is a jump
 * that leaves no frame, except the first time and before seccomp. */
__asm__(".text\n"
        ".globl syscall\n"
        ".type syscall, @function\n"
        "syscall:\n"
        "    .cfi_startproc\n"
        "    cmpq $317, %rdi\n" /* SYS_seccomp */
        "    je 1f\n"
        "    cmpq $0, next_syscall(%rip)\n"
        "    je 1f\n"
        "0:  jmpq *next_syscall(%rip)\n"
        "1:  pushq %rdi\n    .cfi_adjust_cfa_offset 8\n"
        "    pushq %rsi\n    .cfi_adjust_cfa_offset 8\n"
        "    pushq %rdx\n    .cfi_adjust_cfa_offset 8\n"
        "    pushq %rcx\n    .cfi_adjust_cfa_offset 8\n"
        "    pushq %r8\n    .cfi_adjust_cfa_offset 8\n"
        "    pushq %r9\n    .cfi_adjust_cfa_offset 8\n"
        "    subq $8, %rsp\n    .cfi_adjust_cfa_offset 8\n"
        "    call before_syscall\n"
        "    addq $8, %rsp\n    .cfi_adjust_cfa_offset -8\n"
        "    popq %r9\n    .cfi_adjust_cfa_offset -8\n"
        "    popq %r8\n    .cfi_adjust_cfa_offset -8\n"
        "    popq %rcx\n    .cfi_adjust_cfa_offset -8\n"
        "    popq %rdx\n    .cfi_adjust_cfa_offset -8\n"
        "    popq %rsi\n    .cfi_adjust_cfa_offset -8\n"
        "    popq %rdi\n    .cfi_adjust_cfa_offset -8\n"
        "    jmp 0b\n"
        "    .cfi_endproc\n"
        ".size syscall, . - syscall\n");
_Static_assert(SYS_seccomp == 317, "the number in the assembly above");
