/* The arena's types by domain and name: a private hash table over what stands there. Types are told
 * to nobody: each look-up first enters those that are new. So it is right in a child too, whatever
 * its parent was doing, and without memory it is only slow. All calls need the lock. */
#ifndef TRACER_TYPE_TABLE_H
#define TRACER_TYPE_TABLE_H

#include <stdint.h>

/* The type of this name, of `size` bytes, in the domain; 0: there is none yet. */
uint32_t type_table_find(uint32_t domain, const char *name, uint32_t size);

#endif
