/* A program that restricts its own system calls may be killed by ours: the tracer takes what memory
 * it may need beforehand and makes no system call afterwards.
 *
 * Allocators call these functions while they initialise themselves, under locks of their own: the
 * hooks neither start the session nor look anything up, and make the system call themselves. */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/prctl.h>

#include "base/sys.h"
#include "preload/hook.h"

/* prctl takes up to four more arguments: where they are not given, whatever the registers hold. */
HOOK int prctl(int option, ...) {
    va_list list;
    va_start(list, option);
    long a = va_arg(list, long), b = va_arg(list, long);
    long c = va_arg(list, long), d = va_arg(list, long);
    va_end(list);
    if (option == PR_SET_SECCOMP)
        session_freeze();
    long r = sys_call(SYS_prctl, option, a, b, c, d, 0);
    if (!sys_failed(r))
        return (int)r;
    errno = (int)-r;
    return -1;
}

__attribute__((used)) static void before_seccomp(void) {
    session_freeze();
}

__attribute__((used)) static long fail_syscall(long result) {
    errno = (int)-result;
    return -1;
}

/* syscall(2) may be clone or vfork, whose child comes back on the same stack: the call is made
 * without a frame of ours, except when it has failed and before seccomp. */
__asm__(".text\n"
        ".globl syscall\n"
        ".type syscall, @function\n"
        "syscall:\n"
        "    .cfi_startproc\n"
        "    cmpq $317, %rdi\n" /* SYS_seccomp */
        "    je 2f\n"
        "1:  movq %rdi, %rax\n"
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
