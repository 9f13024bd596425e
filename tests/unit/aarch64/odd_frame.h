/* Functions that call another in a frame that is hard to step out of. In this one the CFA hangs on
 * x19, which only libunwind can follow. */
void through_odd_frame(void (*function)(void));
__asm__(".text\n"
        ".type through_odd_frame,%function\n"
        "through_odd_frame:\n"
        ".cfi_startproc\n"
        "stp x19, x30, [sp, #-32]!\n"
        ".cfi_def_cfa_offset 32\n"
        ".cfi_offset x19, -32\n"
        ".cfi_offset x30, -24\n"
        "mov x19, sp\n"
        ".cfi_def_cfa_register x19\n"
        "sub sp, sp, #48\n"
        "blr x0\n"
        "mov sp, x19\n"
        ".cfi_def_cfa_register sp\n"
        "ldp x19, x30, [sp], #32\n"
        ".cfi_restore x19\n"
        ".cfi_restore x30\n"
        ".cfi_def_cfa_offset 0\n"
        "ret\n"
        ".cfi_endproc\n"
        ".size through_odd_frame, .-through_odd_frame\n");

/* No unwind tables, but a frame pointer. */
void through_bare_frame(void (*function)(void));
__asm__(".text\n"
        ".type through_bare_frame,%function\n"
        "through_bare_frame:\n"
        "stp x29, x30, [sp, #-16]!\n"
        "mov x29, sp\n"
        "blr x0\n"
        "ldp x29, x30, [sp], #16\n"
        "ret\n"
        ".size through_bare_frame, .-through_bare_frame\n");

/* Neither. */
void through_lost_frame(void (*function)(void));
__asm__(".text\n"
        ".type through_lost_frame,%function\n"
        "through_lost_frame:\n"
        "stp x29, x30, [sp, #-16]!\n"
        "mov x29, #1\n"
        "blr x0\n"
        "ldp x29, x30, [sp], #16\n"
        "ret\n"
        ".size through_lost_frame, .-through_lost_frame\n");
