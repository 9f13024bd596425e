/* The file that an arena lies in: where it is made, its name, and its end. As for store.h. */
#ifndef TRACER_STORE_FILE_H
#define TRACER_STORE_FILE_H

#include <stdint.h>

/* Where it can lie, best first: where `heapline run` or anybody else will find it, in a file that
 * run lends us, or where only `heapline ps` will find it. A descriptor of an empty file of that
 * size, with store.path as its name, if it has one; or -1. */
enum { STORE_FILES = 3 };
extern int (*const store_files[STORE_FILES])(uint64_t ceiling)
    __attribute__((visibility("hidden")));
/* Before Linux 5.14: takes its blocks, through a descriptor made for the purpose. 0 or -1. */
int store_file_allocate(uint64_t offset, uint64_t size);
/* Removes it, if it has a name. */
void store_unlink(void);

#endif
