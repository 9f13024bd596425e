/* An arena for unit tests of what writes into one: a file that has no name any more. */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tracer/store.h"
#include "tracer/store_file.h"

/* With counters for `sites` sites. */
static inline void store_fixture(uint64_t sites) {
    char directory[] = "/tmp/heapline-unit.XXXXXX";
    ck_assert_ptr_nonnull(mkdtemp(directory));
    strcpy(store.directory, directory);
    ck_assert_int_eq(store_create(), 0);
    store_unlink();
    rmdir(directory);
    ck_assert_int_eq(store_reserve(ARENA_STATS, sites), 0);
    store.header->segment[ARENA_STATS].used = store.header->segment[ARENA_SITES].used = sites;
}

#endif
