#include "analysis/utf8.h"
#include <string.h>

/* A first byte's mask and mark, how many bytes follow, and the least character so written. */
static const struct {
    uint8_t mask, mark, extra;
    uint32_t least;
} forms[] = {
    {0x80, 0x00, 0, 0}, {0xe0, 0xc0, 1, 0x80}, {0xf0, 0xe0, 2, 0x800}, {0xf8, 0xf0, 3, 0x10000}};

static int is_character(uint32_t c) {
    return c < 0x110000 && (c < 0xd800 || c > 0xdfff);
}

uint32_t utf8_read(const char *bytes, size_t size, size_t *length) {
    const uint8_t *b = (const uint8_t *)bytes;
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        if ((*b & forms[f].mask) != forms[f].mark || forms[f].extra >= size)
            continue;
        uint32_t c = *b & (uint8_t)~forms[f].mask;
        size_t n = 1;
        while (n <= forms[f].extra && (b[n] & 0xc0) == 0x80)
            c = c << 6 | (b[n++] & 0x3f);
        if (n <= forms[f].extra || c < forms[f].least || !is_character(c))
            break;
        *length = n;
        return c;
    }
    *length = 1;
    return UTF8_BAD + *b;
}

int utf8_is_sound(const char *text) {
    for (size_t size = strlen(text), length; size; text += length, size -= length)
        if (utf8_is_bad(utf8_read(text, size, &length)))
            return 0;
    return 1;
}
