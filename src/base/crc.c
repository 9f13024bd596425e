#include "base/crc.h"

/* Eight bytes at a time: slice[k][b] is what byte b does to the checksum k bytes further on. Made
 * at the first use. Who finds it half made does without. */
static uint32_t slice[8][256];
enum { NOT_MADE, BEING_MADE, MADE };
static int state;

static uint32_t shift_byte_out(uint32_t crc) {
    for (int bit = 0; bit < 8; bit++)
        crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
    return crc;
}

static uint32_t step(uint32_t crc) {
    return crc >> 8 ^ slice[0][crc & 255];
}

static void make_slices(void) {
    for (uint32_t byte = 0; byte < 256; byte++)
        slice[0][byte] = shift_byte_out(byte);
    for (int k = 1; k < 8; k++)
        for (int byte = 0; byte < 256; byte++)
            slice[k][byte] = step(slice[k - 1][byte]);
    __atomic_store_n(&state, MADE, __ATOMIC_RELEASE);
}

static int has_slices(void) {
    int none = NOT_MADE;
    if (__atomic_load_n(&state, __ATOMIC_ACQUIRE) == MADE)
        return 1;
    if (!__atomic_compare_exchange_n(&state, &none, BEING_MADE, 0, __ATOMIC_ACQUIRE,
                                     __ATOMIC_ACQUIRE))
        return none == MADE;
    make_slices();
    return 1;
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
    crc = ~crc;
    for (int quickly = has_slices(); quickly && size >= 8; size -= 8, at += 8)
        crc = step_eight(crc, at);
    while (size--)
        crc = shift_byte_out(crc ^ *at++);
    return ~crc;
}
