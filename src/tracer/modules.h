/* Which loaded object an address belongs to, across dlopen and dlclose: the same object at the same
 * place is one module, however often it comes back; another object there is another module. */
#ifndef TRACER_MODULES_H
#define TRACER_MODULES_H

#include <stdint.h>

/* Counts changes of the set of loaded objects; what was learned earlier must be checked again. */
extern uint32_t modules_generation;
static inline uint32_t modules_current(void) {
    return __atomic_load_n(&modules_generation, __ATOMIC_ACQUIRE);
}

/* To be told of every call into the hooks that comes from the dynamic loader itself: while it adds
 * or removes objects it allocates and frees their descriptions. */
void modules_loader_called(void);
extern uint64_t modules_loader_start, modules_loader_size;
static inline int modules_is_loader(uint64_t ip) {
    return ip - modules_loader_start < modules_loader_size;
}

void modules_init(void);
/* The module that `pc` lies in, entered if it is new; 0: none known. Needs the lock. */
uint32_t modules_find(uint64_t pc);
/* Enters every object that is loaded now; while the process starts. */
void modules_find_all(void);
/* 1 if `pc` still lies in `module` now. No lock. */
int modules_still(uint64_t pc, uint32_t module);

#endif
