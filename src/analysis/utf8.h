/* Reading UTF-8 that may not be UTF-8. Pure; thread-safe. */
#ifndef ANALYSIS_UTF8_H
#define ANALYSIS_UTF8_H

#include <stddef.h>
#include <stdint.h>

enum { UTF8_BAD = 0xdc00 }; /* + the byte: a byte that begins no character */

/* The character at `bytes`, of which there are `size` > 0; *length says how many it takes. */
uint32_t utf8_read(const char *bytes, size_t size, size_t *length);
static inline int utf8_is_bad(uint32_t character) {
    return character >= UTF8_BAD && character <= UTF8_BAD + 0xff;
}
/* 1: all of it is UTF-8. */
int utf8_is_sound(const char *text);

#endif
