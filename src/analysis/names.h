/* Function names as people write them, each mangled name demangled once.
 *
 * A struct names is the caller's storage and borrows the interner that its results live in. Not
 * thread-safe. Want of memory gives NULL and shows in the interners' `failed`.
 */
#ifndef ANALYSIS_NAMES_H
#define ANALYSIS_NAMES_H

#include "analysis/intern.h"

struct names {
    struct intern mangled;
    struct intern *texts;
    const char **readable; /* [id in mangled] */
    uint32_t count, capacity;
};

void names_init(struct names *names, struct pool *pool, struct intern *texts);
const char *names_readable(struct names *names, const char *name); /* NULL for NULL */
void names_fini(struct names *names);

#endif
