/* Building short texts in a fixed buffer: always NUL-terminated, cut when full; no stdio. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

struct text {
    char *buf;
    size_t size, length; /* length may exceed size - 1: what was wanted */
};

void text_init(struct text *t, char *buf, size_t size);
void text_string(struct text *t, const char *s);
void text_bytes(struct text *t, const char *s, size_t n);
void text_decimal(struct text *t, uint64_t value);
void text_hex(struct text *t, uint64_t value);   /* no 0x */
void text_hex16(struct text *t, uint64_t value); /* all 16 digits */

#endif
