/* Jumps to `function` on the stack that ends at `top`, with `back` as its return address. */
#define STACK_JUMP(top, function, back)                                                      \
    do {                                                                                     \
        void **slot = (void **)(top)-1;                                                      \
        *slot = (void *)(back);                                                              \
        __asm__ volatile("mov %0, %%rsp\n\tjmp *%1" : : "r"(slot), "r"((void *)(function))); \
    } while (0)
