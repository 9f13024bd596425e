/* From a hook's frame to the site of its call path. Within an event only (thread.h). */
#ifndef TRACER_CAPTURE_H
#define TRACER_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "tracer/modules.h"
#include "tracer/thread.h"
#include "unwind/check.h"
#include "unwind/unwind.h"

/* The loader calls us when it loads something. */
static inline void capture_note_loader(const struct unwind_start *start) {
    if (__builtin_expect(modules_is_loader(start->ip), 0))
        modules_loader_called();
}

/* Not recalled: the stack has to be walked. */
uint32_t capture_walk(struct thread *t, const struct unwind_start *start);

/* The site, in domain 0 and without a type; tree_not_recorded() when there is no room for it. */
static inline uint32_t capture_site(struct thread *t, const struct unwind_start *start) {
    struct path_end *found = unwind_recall(&t->unwind, start);
    if (__builtin_expect(found == NULL, 0))
        return capture_walk(t, start);
    if (CHECK_UNWIND)
        unwind_check(&t->unwind, found, start);
    return found->site;
}

#endif
