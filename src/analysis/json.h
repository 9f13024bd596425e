/* Writing JSON to a stream. Keys are ours and need no escaping; key NULL inside arrays.
 *
 * Bytes that are not UTF-8 become U+FFFD, and "KEY_raw" with their hex digits follows. A struct
 * json is the caller's storage; errors are the stream's. Not thread-safe for one stream.
 */
#ifndef ANALYSIS_JSON_H
#define ANALYSIS_JSON_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *out;
    int separate; /* 1: a comma goes before the next value */
};

void json_open(struct json *j, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *j, char bracket);                 /* '}' or ']' */
void json_number(struct json *j, const char *key, uint64_t value);
void json_signed(struct json *j, const char *key, int64_t value);
void json_bool(struct json *j, const char *key, int value);
void json_seconds(struct json *j, const char *key, uint64_t ns); /* a number with a point */
void json_null(struct json *j, const char *key);
void json_text(struct json *j, const char *key, const char *text); /* NULL: null */
void json_texts(struct json *j, const char *key, const char *const *texts, size_t count);
void json_address(struct json *j, const char *key, uint64_t value); /* "0x..." */
void json_hex(struct json *j, const char *key, const uint8_t *bytes, size_t size);
void json_time(struct json *j, const char *key, uint64_t ns); /* RFC 3339; 0: null */

#endif
