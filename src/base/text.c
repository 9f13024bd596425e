#include "base/text.h"
#include <string.h>

void text_init(struct text *t, char *buf, size_t size) {
    *t = (struct text){buf, size, 0};
    if (size)
        buf[0] = '\0';
}

void text_bytes(struct text *t, const char *s, size_t n) {
    size_t room = t->length + 1 < t->size ? t->size - t->length - 1 : 0;
    size_t fits = n < room ? n : room;
    if (fits) {
        memcpy(t->buf + t->length, s, fits);
        t->buf[t->length + fits] = '\0';
    }
    t->length += n;
}

void text_string(struct text *t, const char *s) {
    text_bytes(t, s, strlen(s));
}

static void append_number(struct text *t, uint64_t value, unsigned base) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    text_bytes(t, digits + at, sizeof digits - at);
}

void text_decimal(struct text *t, uint64_t value) {
    append_number(t, value, 10);
}

void text_hex(struct text *t, uint64_t value) {
    append_number(t, value, 16);
}

void text_hex16(struct text *t, uint64_t value) {
    for (int shift = 60; shift >= 0; shift -= 4)
        text_bytes(t, &"0123456789abcdef"[value >> shift & 15], 1);
}
