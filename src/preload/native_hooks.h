/* The shapes of native hooks, for the table of one allocator. Each row of a table
 *
 *     #define FUNCTIONS(X) X(KIND, name, ...) ...
 *
 * makes a pointer real_NAME, a hook and an entry for the look-up. The file defines `allocator` as
 * its struct native_allocator. No guard spans a real call: exceptions leave through these frames.
 * `bytes` is what the program asked for; it is read when the call has succeeded. */
#ifndef PRELOAD_NATIVE_HOOKS_H
#define PRELOAD_NATIVE_HOOKS_H

#include <errno.h>
#include "preload/native.h"

/* Gives a new block. */
#define NATIVE_ALLOCATES(name, parameters, arguments, bytes)           \
    static void *(*real_##name)parameters;                             \
    static void *hook_##name parameters {                              \
        void *block = real_##name arguments;                           \
        const struct unwind_start *start = UNWIND_START_HERE();        \
        native_allocated(&allocator, block, block ? bytes : 0, start); \
        return block;                                                  \
    }

/* The same through a pointer; the result is an error number. */
#define NATIVE_ALLOCATES_AT(name, parameters, arguments, place, bytes) \
    static int(*real_##name) parameters;                               \
    static int hook_##name parameters {                                \
        int error = real_##name arguments;                             \
        const struct unwind_start *start = UNWIND_START_HERE();        \
        if (error == 0 && *(place) != NULL)                            \
            native_allocated(&allocator, *(place), bytes, start);      \
        else if (error == ENOMEM)                                      \
            native_allocated(&allocator, NULL, 0, start);              \
        return error;                                                  \
    }

/* Gives a copy of `source`; of NULL it gives NULL. */
#define NATIVE_COPIES(name, parameters, arguments, source, bytes)          \
    static void *(*real_##name)parameters;                                 \
    static void *hook_##name parameters {                                  \
        void *block = real_##name arguments;                               \
        const struct unwind_start *start = UNWIND_START_HERE();            \
        if ((source) != NULL)                                              \
            native_allocated(&allocator, block, block ? bytes : 0, start); \
        return block;                                                      \
    }

/* Gives `block` another size, and perhaps another place. */
#define NATIVE_RESIZES(name, parameters, arguments, bytes, loss)                          \
    static void *(*real_##name)parameters;                                                \
    static void *hook_##name parameters {                                                 \
        const struct unwind_start *start = UNWIND_START_HERE();                           \
        struct native_resize r = native_resize_begin(&allocator, block, start);           \
        void *moved = real_##name arguments;                                              \
        native_resize_end(&allocator, r, block, moved, moved ? bytes : 0, (loss), start); \
        return moved;                                                                     \
    }

/* Gives `block` another size where it is, if it can: `fits` says so of `result`. */
#define NATIVE_FITS(name, type, parameters, arguments, fits, bytes) \
    static type(*real_##name) parameters;                           \
    static type hook_##name parameters {                            \
        type result = real_##name arguments;                        \
        const struct unwind_start *start = UNWIND_START_HERE();     \
        if (block != NULL && (fits))                                \
            native_fitted(&allocator, block, bytes, start);         \
        return result;                                              \
    }

#define NATIVE_FREES(name, parameters, arguments)               \
    static void(*real_##name) parameters;                       \
    static void hook_##name parameters {                        \
        const struct unwind_start *start = UNWIND_START_HERE(); \
        int on = native_free_begin(&allocator, block, start);   \
        real_##name arguments;                                  \
        if (on)                                                 \
            native_free_end();                                  \
    }

/* The file has the hook. */
#define NATIVE_OWN(name, result, parameters) \
    static result(*real_##name) parameters;  \
    static result hook_##name parameters;

/* Is called by hooks of the file. */
#define NATIVE_CALLED(name, result, parameters) \
    static result(*real_##name) parameters;     \
    enum { hook_##name };

#define NATIVE_DEFINE(kind, ...) NATIVE_##kind(__VA_ARGS__)
#define NATIVE_ROW(kind, name, ...) {#name, (void **)&real_##name, (void *)hook_##name},

#endif
