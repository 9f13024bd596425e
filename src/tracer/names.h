/* What the program names: its domains, types of blocks, and labels of the whole recording. Kept in
 * the arena for its readers. Nothing of it is forgotten when traces are cleared. */
#ifndef TRACER_NAMES_H
#define TRACER_NAMES_H

#include <stdint.h>

/* 0, or -1: no room. A later name replaces an earlier one. */
int names_set_domain(uint32_t domain, const char *name);
int names_set_label(const char *name, const char *value);
/* The type's number, from 1 on, the same for the same name in a domain; 0: no room. */
uint32_t names_type(uint32_t domain, const char *name);
/* 1 if names_type has given that number for the domain. */
int names_is_type(uint32_t domain, uint32_t type);

#endif
