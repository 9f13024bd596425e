/* The public calls of heapline.h that control tracing and give its figures. */
#include <stddef.h>

#include "config.h"
#include "base/error.h"
#include "heapline.h"
#include "tracer/counters.h"
#include "tracer/ledger.h"
#include "tracer/lock.h"
#include "tracer/session.h"
#include "tracer/store.h"
#include "tracer/thread.h"
#include "tracer/usage.h"

const char *heapline_version(void) {
    return PACKAGE_VERSION;
}

int heapline_start(int nframe, struct heapline_error *err) {
    if (nframe < 1 || nframe > HEAPLINE_NFRAME_MAX)
        return error_set(err, HEAPLINE_BAD_ARGUMENT, 0, __func__,
                         "the number of frames must be in range [1; 65535]");
    if (session_is_recording())
        return 0;
    if (session_now() != SESSION_OFF)
        return error_set(err, HEAPLINE_BAD_STATE, 0, __func__, "the library is not ready yet");
    if (session_resume((uint32_t)nframe) != 0)
        return error_set(err, HEAPLINE_NO_MEMORY, 0, __func__, "no memory for the tracer");
    return 0;
}

void heapline_stop(void) {
    session_suspend();
}

int heapline_is_tracing(void) {
    return session_now() == SESSION_ON;
}

void heapline_clear_traces(void) {
    session_forget();
}

int heapline_get_traceback_limit(void) {
    return (int)session_limit();
}

void heapline_pause_thread(void) {
    struct thread *t = thread_self();
    if (t != NULL)
        t->paused++;
}

void heapline_resume_thread(void) {
    struct thread *t = thread_peek();
    if (t != NULL && t->paused > 0)
        t->paused--;
}

void heapline_get_traced_memory(uint64_t *current, uint64_t *peak) {
    int on = session_is_recording();
    if (current != NULL)
        *current = on ? ledger_current_bytes() : 0;
    if (peak != NULL)
        *peak = on ? ledger_peak_bytes() : 0;
}

uint64_t heapline_get_tracer_memory(void) {
    return usage_get() + (session_is_in_place() ? store_bytes() : 0);
}

/* The counters, all of them complete, for whom they belong to now. NULL: not to be had. */
static struct thread *hold_counters(struct guard *guard) {
    struct thread *t = session_is_recording() ? thread_enter_anyway(guard) : NULL;
    if (t == NULL)
        return NULL;
    if (!lock_take(t)) {
        thread_leave(t);
        return NULL;
    }
    ledger_close(t);
    return t;
}

static void release_counters(struct thread *t) {
    lock_release();
    thread_leave(t);
}

void heapline_reset_peak(void) {
    struct guard guard;
    struct thread *t = hold_counters(&guard);
    if (t == NULL)
        return;
    counters_reset_peak();
    release_counters(t);
}

static void add_site(struct heapline_totals *to, const struct arena_stat *s) {
    const struct arena_header *h = store.header;
    int has_changed = !h->at_peak && s->epoch == h->epoch;
    to->current.bytes += s->current_bytes;
    to->current.count += s->current_count;
    to->peak.bytes += has_changed ? s->peak_bytes : s->current_bytes;
    to->peak.count += has_changed ? s->peak_count : s->current_count;
    to->total.bytes += s->total_bytes;
    to->total.count += s->total_count;
    to->temporary += s->temporary;
}

/* Frees are not counted domain by domain: in one, what was allocated and is not live was freed. */
static void add_frees(struct heapline_totals *to, const unsigned *domain) {
    uint64_t allocations = 0;
    to->frees = to->total.count - to->current.count;
    if (domain == NULL) {
        to->frees = store.header->frees;
        ledger_add_events(&allocations, &to->frees);
    }
    if (domain == NULL || *domain == HEAPLINE_DOMAIN_MALLOC)
        to->failed = store.header->failed;
}

/* Of one domain, or of all when it is NULL. */
static int sum_up(const unsigned *domain, struct heapline_totals *out) {
    struct guard guard;
    struct thread *t = hold_counters(&guard);
    struct heapline_totals sum = {.failed = 0};
    if (t != NULL) {
        const struct arena_extent *sites = &store.header->segment[ARENA_SITES];
        for (uint64_t i = sites->first; i < sites->used; i++)
            if (domain == NULL || store.sites[i].domain == *domain)
                add_site(&sum, &store.stats[i]);
        add_frees(&sum, domain);
        release_counters(t);
    }
    if (out != NULL)
        *out = sum;
    return t != NULL ? 0 : HEAPLINE_OFF;
}

int heapline_get_totals(unsigned domain, struct heapline_totals *out) {
    return sum_up(&domain, out);
}

int heapline_get_all_totals(struct heapline_totals *out) {
    return sum_up(NULL, out);
}
