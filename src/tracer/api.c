/* The public calls of heapline.h. */
#include <stddef.h>

#include "config.h"
#include "heapline.h"
#include "tracer/ledger.h"
#include "tracer/session.h"
#include "tracer/store.h"
#include "tracer/usage.h"

const char *heapline_version(void) {
    return PACKAGE_VERSION;
}

int heapline_is_tracing(void) {
    return session_state == SESSION_ON;
}

void heapline_get_traced_memory(uint64_t *current, uint64_t *peak) {
    int on = session_is_recording();
    if (current != NULL)
        *current = on ? ledger_current_bytes() : 0;
    if (peak != NULL)
        *peak = on ? __atomic_load_n(&store.header->peak_bytes, __ATOMIC_RELAXED) : 0;
}

uint64_t heapline_get_tracer_memory(void) {
    return usage_bytes + (store.base != NULL ? store_bytes() : 0);
}
