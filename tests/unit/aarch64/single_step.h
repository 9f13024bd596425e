/* Only a debugger can step through a program here. */
enum { CAN_SINGLE_STEP = 0 };

static inline void single_step_begin(void) {}
static inline void single_step_end(void) {}
