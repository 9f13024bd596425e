/* Jumps to `function` on the stack that ends at `top`, with `back` as its return address. */
#define STACK_JUMP(top, function, back)                                       \
    __asm__ volatile("mov sp, %0\n\tmov x30, %2\n\tbr %1"                     \
                     :                                                        \
                     : "r"(top), "r"((void *)(function)), "r"((void *)(back)) \
                     : "x30")
