/* The build-id of a mapped ELF object. Pure. */
#ifndef BASE_BUILD_ID_H
#define BASE_BUILD_ID_H

#include <stddef.h>
#include <stdint.h>

enum { BUILD_ID_MAX = 32 }; /* longer ones are cut */

/* The GNU build-id among the notes of a PT_NOTE segment; NULL: none. */
const uint8_t *build_id_find(const uint8_t *notes, size_t size, uint32_t *id_size);

#endif
