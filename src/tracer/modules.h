/* Which loaded object an address belongs to, across dlopen and dlclose: the same object at the same
 * place is one module, however often it comes back; another object there is another module. The
 * unwinder's rules say which (rule_module_of). */
#ifndef TRACER_MODULES_H
#define TRACER_MODULES_H

#include <stdint.h>

/* To be told of every call into the hooks that comes from the dynamic loader itself: while it adds
 * or removes objects it allocates and frees their descriptions. */
void modules_loader_called(void);
/* Called then, if set: objects that are being added are mapped, but not bound yet. */
extern void (*modules_added)(void);
extern uint64_t modules_loader_start __attribute__((visibility("hidden")));
extern uint64_t modules_loader_size __attribute__((visibility("hidden")));
static inline int modules_is_loader(uint64_t ip) {
    return ip - modules_loader_start < modules_loader_size;
}

void modules_init(void);
/* Enters every object that is loaded now; while the process starts. */
void modules_find_all(void);
#endif
