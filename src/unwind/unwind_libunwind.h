/* Between the two halves of the libunwind back end. */
#ifndef UNWIND_UNWIND_LIBUNWIND_H
#define UNWIND_UNWIND_LIBUNWIND_H

/* Sees to it that the object that holds `function` opens no descriptors. While the process starts.
 * 0, or -1: it must not be used. */
int unwind_libunwind_answer_calls(const void *function);

#endif
