#include <stddef.h>
#include <sys/single_threaded.h>

#include "base/sys.h"
#include "tracer/favour.h"
#include "tracer/lock.h"

enum { SPINS_BEFORE_YIELD = 100 };

static const struct thread *holder;
static int is_stuck; /* somebody has waited for it in vain */
int lock_never_yields;
long lock_patience = 2000000;

void lock_yield(void) {
    if (!lock_never_yields)
        sys_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
}

static int try_take(const struct thread *owner) {
    const struct thread *expected = NULL;
    return __atomic_load_n(&holder, __ATOMIC_RELAXED) == NULL &&
           __atomic_compare_exchange_n(&holder, &expected, owner, 0, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static int wait_for(int try(const struct thread *), const struct thread *owner) {
    long rounds = __atomic_load_n(&is_stuck, __ATOMIC_RELAXED) ? 1 : lock_patience;
    for (long round = 0; round < rounds; round++) {
        for (int i = 0; i < SPINS_BEFORE_YIELD; i++) {
            if (try(owner))
                return 1;
            arch_pause();
        }
        lock_yield();
    }
    __atomic_store_n(&is_stuck, 1, __ATOMIC_RELAXED);
    return 0;
}

/* It is taken: is nobody inside without it? */
static int is_alone(const struct thread *owner) {
    if (favour_dismiss(owner) || wait_for(favour_dismiss, owner))
        return 1;
    __atomic_store_n(&holder, NULL, __ATOMIC_RELEASE);
    return 0;
}

int lock_take(const struct thread *owner) {
    static const struct thread ended; /* who has no state any more */
    if (__libc_single_threaded) {
        __atomic_store_n(&holder, owner, __ATOMIC_RELAXED);
        return 1;
    }
    if (favour_is_inside(owner))
        return 0;
    if (owner == NULL)
        owner = &ended;
    return (try_take(owner) || wait_for(try_take, owner)) && is_alone(owner);
}

void lock_release(void) {
    if (__builtin_expect(__atomic_load_n(&is_stuck, __ATOMIC_RELAXED), 0))
        __atomic_store_n(&is_stuck, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&holder, NULL, __ATOMIC_RELEASE);
}

int lock_is_held_by(const struct thread *owner) {
    return __atomic_load_n(&holder, __ATOMIC_RELAXED) == owner;
}

int lock_try(int *word) {
    return !__atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE);
}

void lock_spin(int *word) {
    while (!lock_try(word))
        lock_yield();
}

void lock_unspin(int *word) {
    __atomic_store_n(word, 0, __ATOMIC_RELEASE);
}
