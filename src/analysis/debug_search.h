/* Whether libdw's search can find a separate debug file at all. It ends by asking debuginfod, whose
 * client library takes several milliseconds and megabytes to load even when there is no server.
 *
 * The names are those that dwfl_standard_find_debuginfo tries with DEBUG_SEARCH_PATH. */
#ifndef ANALYSIS_DEBUG_SEARCH_H
#define ANALYSIS_DEBUG_SEARCH_H

#include <stddef.h>
#include <stdint.h>

#define DEBUG_SEARCH_ROOT "/usr/lib/debug"
#define DEBUG_SEARCH_PATH ":.debug:" DEBUG_SEARCH_ROOT

/* 1 if one of the names exists, or cannot be made for want of memory. `link`: what .gnu_debuglink
 * says; NULL: nothing. */
int debug_search_may_find(const char *file, const char *link, const uint8_t *build_id, size_t size);

#endif
