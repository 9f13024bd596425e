#include "base/crc.h"

/* Eight bytes at a time: slice[k][b] is what byte b does to the checksum k bytes further on. Made
 * at the first use; threads that make it at once write the same. */
static uint32_t slice[8][256];
static int is_made;

static uint32_t step(uint32_t crc) {
    return crc >> 8 ^ slice[0][crc & 255];
}

static void make_slices(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
        slice[0][byte] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (int byte = 0; byte < 256; byte++)
            slice[k][byte] = step(slice[k - 1][byte]);
    __atomic_store_n(&is_made, 1, __ATOMIC_RELEASE);
}

static uint32_t of_four(const uint8_t *at) {
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t step_eight(uint32_t crc, const uint8_t *at) {
    uint32_t low = crc ^ of_four(at), high = of_four(at + 4);
    return slice[7][low & 255] ^ slice[6][low >> 8 & 255] ^ slice[5][low >> 16 & 255] ^
           slice[4][low >> 24] ^ slice[3][high & 255] ^ slice[2][high >> 8 & 255] ^
           slice[1][high >> 16 & 255] ^ slice[0][high >> 24];
}

uint32_t crc_update(uint32_t crc, const void *bytes, size_t size) {
    const uint8_t *at = bytes;
    if (!__atomic_load_n(&is_made, __ATOMIC_ACQUIRE))
        make_slices();
    crc = ~crc;
    for (; size >= 8; size -= 8, at += 8)
        crc = step_eight(crc, at);
    while (size--)
        crc = step(crc ^ *at++);
    return ~crc;
}
