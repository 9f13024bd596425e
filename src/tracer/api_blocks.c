/* The public calls of heapline.h about single blocks, and about what they are called. */
#include <stddef.h>

#include "base/error.h"
#include "heapline.h"
#include "tracer/event.h"
#include "tracer/names.h"
#include "tracer/session.h"
#include "tracer/store.h"
#include "tracer/tree.h"

int heapline_get_traceback(unsigned domain, uintptr_t block, uintptr_t *address, int max,
                           int *total_nframe) {
    uint32_t site = session_is_recording() ? event_site_of(domain, block) : ARENA_SITE_NONE;
    return tree_list_frames(site, address, max, total_nframe);
}

int heapline_get_block_traceback(const void *block, uintptr_t *address, int max,
                                 int *total_nframe) {
    return heapline_get_traceback(HEAPLINE_DOMAIN_MALLOC, (uintptr_t)block, address, max,
                                  total_nframe);
}

static inline int track(unsigned domain, uintptr_t block, size_t size, unsigned type,
                        const struct unwind_start *start) {
    struct table_block b = {.address = block, .size = size, .domain = domain};
    if (!session_is_recording())
        return HEAPLINE_OFF;
    if (type != 0 && !names_is_type(domain, type))
        return -1;
    return event_track(&b, type, start);
}

int heapline_track(unsigned domain, uintptr_t block, size_t size) {
    int r = track(domain, block, size, 0, UNWIND_START_HERE());
    unwind_start_end();
    return r;
}

int heapline_track_typed(unsigned domain, uintptr_t block, size_t size, unsigned type) {
    int r = track(domain, block, size, type, UNWIND_START_HERE());
    unwind_start_end();
    return r;
}

int heapline_untrack(unsigned domain, uintptr_t block) {
    if (!session_is_recording())
        return HEAPLINE_OFF;
    event_untrack(domain, block);
    return 0;
}

/* What names change is not to be read by a snapshot meanwhile. 0: there is no place for names yet:
 * that of a parent which had stopped is not its child's. */
static int begin_naming(void) {
    session_hold();
    if (session_is_recording() || session_is_in_place())
        return 1;
    session_let_go();
    return 0;
}

int heapline_name_domain(unsigned domain, const char *name) {
    int r;
    if (name == NULL || !begin_naming())
        return -1;
    r = names_set_domain(domain, name);
    session_let_go();
    return r;
}

int heapline_register_type(unsigned domain, const char *name) {
    uint32_t type;
    if (name == NULL || !begin_naming())
        return -1;
    type = names_type(domain, name);
    session_let_go();
    return type > 0 ? (int)type : -1;
}

int heapline_set_label(const char *name, const char *value, struct heapline_error *err) {
    int r;
    if (name == NULL || value == NULL)
        return error_set(err, HEAPLINE_BAD_ARGUMENT, 0, __func__, "a name and a value are needed");
    if (!begin_naming())
        return error_set(err, HEAPLINE_BAD_STATE, 0, __func__, "tracing was never started");
    r = names_set_label(name, value);
    session_let_go();
    if (r != 0)
        return error_set(err, HEAPLINE_NO_MEMORY, 0, __func__, "no room in the arena");
    return 0;
}
