/* The public calls of heapline.h about scopes. */
#include "base/error.h"
#include "heapline.h"
#include "tracer/scope.h"
#include "tracer/session.h"
#include "tracer/thread.h"

struct heapline_scope *heapline_scope_begin(int whole_process, struct heapline_error *err) {
    struct heapline_scope *made;
    struct guard guard;
    struct thread *t = session_is_recording() ? thread_enter_anyway(&guard) : NULL;
    if (t == NULL) {
        error_set(err, HEAPLINE_BAD_STATE, 0, __func__, "not tracing");
        return NULL;
    }
    made = scope_begin(whole_process ? NULL : t);
    thread_leave(t);
    if (made == NULL)
        error_set(err, HEAPLINE_NO_MEMORY, 0, __func__, "no memory for a scope");
    return made;
}

size_t heapline_scope_kept(const struct heapline_scope *scope, struct heapline_scope_block *out,
                           size_t max) {
    struct guard guard;
    struct thread *t = thread_enter_anyway(&guard);
    size_t count = scope_kept(scope, out, out != NULL ? max : 0);
    if (t != NULL)
        thread_leave(t);
    return count;
}

int heapline_scope_end(struct heapline_scope *scope, struct heapline_scope_result *out) {
    struct guard guard;
    struct thread *t = thread_enter_anyway(&guard);
    int r = scope_end(scope, out);
    if (t != NULL)
        thread_leave(t);
    return r;
}
