/* The program gets SIGTRAP after every instruction between these two; a handler runs without. */
enum { CAN_SINGLE_STEP = 1 };

static inline void single_step_begin(void) {
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\t" /* the red zone */
                     "pushf\n\t"
                     "orq $0x100, (%%rsp)\n\t"
                     "popf\n\t"
                     "lea 128(%%rsp), %%rsp"
                     :
                     :
                     : "memory", "cc");
}

static inline void single_step_end(void) {
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
                     "pushf\n\t"
                     "andq $~0x100, (%%rsp)\n\t"
                     "popf\n\t"
                     "lea 128(%%rsp), %%rsp"
                     :
                     :
                     : "memory", "cc");
}
