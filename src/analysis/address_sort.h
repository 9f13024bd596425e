/* Sorting by address: tables of symbols have 100,000 entries and more, and comparing those two by
 * two takes most of the time in which they are read. */
#ifndef ANALYSIS_ADDRESS_SORT_H
#define ANALYSIS_ADDRESS_SORT_H

#include <stddef.h>

/* As qsort(3), for items that begin with a uint64_t, by which `compare` orders them first. */
void address_sort(void *items, size_t count, size_t size,
                  int (*compare)(const void *, const void *));

#endif
