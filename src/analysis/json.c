#include "analysis/json.h"
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include "analysis/utf8.h"

static void begin(struct json *j, const char *key) {
    if (j->separate)
        putc(',', j->out);
    j->separate = 1;
    if (key)
        fprintf(j->out, "\"%s\":", key);
}

void json_open(struct json *j, const char *key, char bracket) {
    begin(j, key);
    putc(bracket, j->out);
    j->separate = 0;
}

void json_close(struct json *j, char bracket) {
    putc(bracket, j->out);
    j->separate = 1;
}

void json_number(struct json *j, const char *key, uint64_t value) {
    begin(j, key);
    fprintf(j->out, "%" PRIu64, value);
}

void json_seconds(struct json *j, const char *key, uint64_t ns) {
    begin(j, key);
    fprintf(j->out, "%" PRIu64 ".%09u", ns / 1000000000, (unsigned)(ns % 1000000000));
}

void json_signed(struct json *j, const char *key, int64_t value) {
    begin(j, key);
    fprintf(j->out, "%" PRId64, value);
}

void json_bool(struct json *j, const char *key, int value) {
    begin(j, key);
    fputs(value ? "true" : "false", j->out);
}

void json_null(struct json *j, const char *key) {
    begin(j, key);
    fputs("null", j->out);
}

/* --- Texts --- */

static void put_character(FILE *out, const char *bytes, size_t length, uint32_t c) {
    if (utf8_is_bad(c))
        fputs("\\ufffd", out);
    else if (c < 0x20 || c == 0x7f)
        fprintf(out, "\\u%04x", c);
    else
        fprintf(out, "%s%.*s", c == '"' || c == '\\' ? "\\" : "", (int)length, bytes);
}

static void put_string(FILE *out, const char *text) {
    putc('"', out);
    for (size_t size = strlen(text), length; size; text += length, size -= length) {
        uint32_t c = utf8_read(text, size, &length);
        put_character(out, text, length, c);
    }
    putc('"', out);
}

static void put_hex(FILE *out, const void *bytes, size_t size) {
    putc('"', out);
    for (const uint8_t *b = bytes; size--; b++)
        fprintf(out, "%02x", *b);
    putc('"', out);
}

void json_text(struct json *j, const char *key, const char *text) {
    begin(j, key);
    if (!text) {
        fputs("null", j->out);
        return;
    }
    put_string(j->out, text);
    if (key && !utf8_is_sound(text)) {
        fprintf(j->out, ",\"%s_raw\":", key);
        put_hex(j->out, text, strlen(text));
    }
}

/* The raw bytes of a list: a list of equal length, null where the text is sound. */
static void put_raw_texts(struct json *j, const char *key, const char *const *texts, size_t count) {
    fprintf(j->out, ",\"%s_raw\":[", key);
    for (size_t i = 0; i < count; i++) {
        fputs(i ? "," : "", j->out);
        if (utf8_is_sound(texts[i]))
            fputs("null", j->out);
        else
            put_hex(j->out, texts[i], strlen(texts[i]));
    }
    putc(']', j->out);
}

void json_texts(struct json *j, const char *key, const char *const *texts, size_t count) {
    int sound = 1;
    json_open(j, key, '[');
    for (size_t i = 0; i < count; i++) {
        json_text(j, NULL, texts[i]);
        sound = sound && utf8_is_sound(texts[i]);
    }
    json_close(j, ']');
    if (!sound)
        put_raw_texts(j, key, texts, count);
}

void json_address(struct json *j, const char *key, uint64_t value) {
    begin(j, key);
    fprintf(j->out, "\"0x%" PRIx64 "\"", value);
}

void json_hex(struct json *j, const char *key, const uint8_t *bytes, size_t size) {
    begin(j, key);
    if (size)
        put_hex(j->out, bytes, size);
    else
        fputs("null", j->out);
}

void json_time(struct json *j, const char *key, uint64_t ns) {
    time_t seconds = (time_t)(ns / 1000000000);
    struct tm utc;
    char text[32];
    if (!ns || !gmtime_r(&seconds, &utc) || !strftime(text, sizeof text, "%FT%T", &utc)) {
        json_null(j, key);
        return;
    }
    begin(j, key);
    fprintf(j->out, "\"%s.%09uZ\"", text, (unsigned)(ns % 1000000000));
}
