/* Functions that call another in a frame that is hard to step out of. In this one the CFA hangs on
 * rbx, which only libunwind can follow. */
void through_odd_frame(void (*function)(void));
__asm__(".text\n"
        ".type through_odd_frame,@function\n"
        "through_odd_frame:\n"
        ".cfi_startproc\n"
        "push %rbx\n"
        ".cfi_def_cfa_offset 16\n"
        ".cfi_offset rbx, -16\n"
        "mov %rsp, %rbx\n"
        ".cfi_def_cfa_register rbx\n"
        "sub $48, %rsp\n"
        "and $-16, %rsp\n"
        "call *%rdi\n"
        "mov %rbx, %rsp\n"
        ".cfi_def_cfa_register rsp\n"
        "pop %rbx\n"
        ".cfi_def_cfa_offset 8\n"
        "ret\n"
        ".cfi_endproc\n"
        ".size through_odd_frame, .-through_odd_frame\n");

/* No unwind tables, but a frame pointer. */
void through_bare_frame(void (*function)(void));
__asm__(".text\n"
        ".type through_bare_frame,@function\n"
        "through_bare_frame:\n"
        "push %rbp\n"
        "mov %rsp, %rbp\n"
        "call *%rdi\n"
        "pop %rbp\n"
        "ret\n"
        ".size through_bare_frame, .-through_bare_frame\n");

/* Neither. */
void through_lost_frame(void (*function)(void));
__asm__(".text\n"
        ".type through_lost_frame,@function\n"
        "through_lost_frame:\n"
        "push %rbp\n"
        "mov $1, %ebp\n"
        "call *%rdi\n"
        "pop %rbp\n"
        "ret\n"
        ".size through_lost_frame, .-through_lost_frame\n");
