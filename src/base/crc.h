/* CRC-32 as in zlib, PNG and Ethernet (reflected polynomial 0xEDB88320). Pure. */
#ifndef BASE_CRC_H
#define BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of what `crc` covers followed by `bytes`; begin with crc = 0. */
uint32_t crc_update(uint32_t crc, const void *bytes, size_t size);

#endif
