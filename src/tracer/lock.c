#include <stddef.h>
#include <sys/single_threaded.h>

#include "base/sys.h"
#include "tracer/lock.h"

enum { SPINS_BEFORE_YIELD = 100, ROUNDS_BEFORE_GIVING_UP = 2000000 };

static struct thread *holder;
int lock_never_yields;

static int try_take(struct thread *owner) {
    struct thread *expected = NULL;
    return __atomic_load_n(&holder, __ATOMIC_RELAXED) == NULL &&
           __atomic_compare_exchange_n(&holder, &expected, owner, 0, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static int take_contended(struct thread *owner) {
    for (long round = 0; round < ROUNDS_BEFORE_GIVING_UP; round++) {
        for (int i = 0; i < SPINS_BEFORE_YIELD; i++) {
            if (try_take(owner))
                return 1;
            sys_pause();
        }
        if (!lock_never_yields)
            sys_call(SYS_sched_yield, 0, 0, 0, 0, 0, 0);
    }
    return 0;
}

int lock_take(struct thread *owner) {
    if (__libc_single_threaded) {
        __atomic_store_n(&holder, owner, __ATOMIC_RELAXED);
        return 1;
    }
    return try_take(owner) || take_contended(owner);
}

void lock_release(void) {
    __atomic_store_n(&holder, NULL, __ATOMIC_RELEASE);
}

void lock_recover(struct thread *owner) {
    if (__atomic_load_n(&holder, __ATOMIC_RELAXED) == owner)
        lock_release();
}
