/* What every hook begins with. */
#ifndef PRELOAD_HOOK_H
#define PRELOAD_HOOK_H

#include "preload/real.h"
#include "tracer/session.h"

#define HOOK __attribute__((visibility("default")))

/* Finds the real allocator and starts the session; safe to be called again, also by itself. Keeps
 * errno. Does nothing before our relocations are done. */
void hook_start(void);

/* What hook_is_on does when nothing is being recorded yet, here or at all. */
int hook_is_on_after_all(void);

/* 1 while our own relocations are not done yet. */
static inline int hook_is_early(void) {
    return real.malloc == NULL;
}

/* 1 if the process records nothing, and the real allocator is known. */
static inline int hook_is_off(void) {
    return session_now() == SESSION_OFF;
}

/* 1 if this call is to be recorded. The first hook that is ever called starts everything: it must
 * be asked before the real function is called. */
static inline int hook_is_on(void) {
    if (__builtin_expect(session_has_begun(), 1))
        return 1;
    return !hook_is_off() && hook_is_on_after_all();
}

#endif
