/* Whose operator new and delete the program uses, found once, in the loader's tables, before the
 * first call: an application's new must neither take the loader's lock nor wait for it. */
#ifndef PRELOAD_OPERATORS_H
#define PRELOAD_OPERATORS_H

/* In pairs with what a block is asked for. A variant with an alignment has it as second argument.
 */
#define OPERATORS_NEW(X)                     \
    X(_Znwm, 0)                              \
    X(_Znam, 0)                              \
    X(_ZnwmRKSt9nothrow_t, 0)                \
    X(_ZnamRKSt9nothrow_t, 0)                \
    X(_ZnwmSt11align_val_t, a)               \
    X(_ZnamSt11align_val_t, a)               \
    X(_ZnwmSt11align_val_tRKSt9nothrow_t, a) \
    X(_ZnamSt11align_val_tRKSt9nothrow_t, a)
#define OPERATORS_DELETE(X)                \
    X(_ZdlPv)                              \
    X(_ZdaPv)                              \
    X(_ZdlPvm)                             \
    X(_ZdaPvm)                             \
    X(_ZdlPvRKSt9nothrow_t)                \
    X(_ZdaPvRKSt9nothrow_t)                \
    X(_ZdlPvSt11align_val_t)               \
    X(_ZdaPvSt11align_val_t)               \
    X(_ZdlPvmSt11align_val_t)              \
    X(_ZdaPvmSt11align_val_t)              \
    X(_ZdlPvSt11align_val_tRKSt9nothrow_t) \
    X(_ZdaPvSt11align_val_tRKSt9nothrow_t)

enum operator_name {
#define OPERATOR_NEW_NAME(name, alignment) OPERATOR##name,
#define OPERATOR_DELETE_NAME(name) OPERATOR##name,
    OPERATORS_NEW(OPERATOR_NEW_NAME) OPERATORS_DELETE(OPERATOR_DELETE_NAME) OPERATORS
};

/* PLAIN: all are a C++ runtime's: malloc and free, a new_handler, bad_alloc. OWN: some are not, or
 * malloc is another's: all go on to what they would have met without us. */
enum operators_kind { OPERATORS_UNKNOWN, OPERATORS_PLAIN, OPERATORS_OWN };
extern enum operators_kind operators_kind __attribute__((visibility("hidden")));
/* Those behind us in the program's global scope; NULL: there is none. */
extern void *operators_real[OPERATORS] __attribute__((visibility("hidden")));

/* Finds them. In a program that has none, as in C, ours are withdrawn: the plug-ins that it loads
 * later, each with a scope of its own, are to find theirs. */
void operators_find(void);
/* 1 if it is an allocator's, which need not ask malloc for its blocks: it has that, too. */
int operators_have_blocks(enum operator_name name);

#endif
