#include <string.h>
#include "base/crc.h"
#include "base/error.h"
#include "base/text.h"
#include "snapshot/format.h"
#include "snapshot/reader.h"

static uint64_t word(const uint8_t *bytes, size_t at, size_t size) {
    struct reader r = {.at = bytes + at, .end = bytes + at + size};
    return reader_word(&r, size);
}

static int bad(struct heapline_error *err, const char *problem) {
    return error_set(err, HEAPLINE_BAD_FILE, 0, NULL, problem);
}

static int bad_number(struct heapline_error *err, int code, const char *before, uint64_t a,
                      const char *between, uint64_t b, const char *after) {
    char message[120];
    struct text t;
    text_init(&t, message, sizeof message);
    text_string(&t, before);
    text_decimal(&t, a);
    text_string(&t, between);
    text_decimal(&t, b);
    text_string(&t, after);
    return error_set(err, code, 0, NULL, message);
}

static int check_magic(const uint8_t *bytes, size_t size, struct heapline_error *err) {
    enum { SIGNATURE = 4, MAGIC = FORMAT_AT_VERSION };
    if (!size)
        return bad(err, "empty file");
    if (memcmp(bytes, FORMAT_MAGIC, size < SIGNATURE ? size : SIGNATURE) != 0)
        return bad(err, "not a heapline snapshot");
    if (memcmp(bytes, FORMAT_MAGIC, size < MAGIC ? size : MAGIC) != 0)
        return bad(err, "damaged: it was copied as if it were text");
    return 0;
}

static int check_length(size_t size, size_t least, struct heapline_error *err) {
    return size >= least ? 0
                         : bad_number(err, HEAPLINE_BAD_FILE, "truncated: ", size, " of at least ",
                                      FORMAT_HEADER, " bytes");
}

static int check_version(const uint8_t *bytes, struct heapline_error *err) {
    uint64_t version = word(bytes, FORMAT_AT_VERSION, 4);
    if (version > FORMAT_VERSION)
        return bad_number(err, HEAPLINE_NEWER_FILE, "format version ", version,
                          ", made by a newer heapline: this one reads up to ", FORMAT_VERSION, "");
    return version ? 0 : bad(err, "damaged: format version 0");
}

static int check_size(const uint8_t *bytes, size_t size, struct heapline_error *err) {
    uint64_t wanted = word(bytes, FORMAT_AT_SIZE, 8), rest = size - FORMAT_HEADER;
    if (wanted > UINT64_MAX - FORMAT_HEADER)
        return bad(err, "damaged: impossible size");
    if (rest < wanted)
        return bad_number(err, HEAPLINE_BAD_FILE, "truncated: ", size, " of ",
                          wanted + FORMAT_HEADER, " bytes");
    if (rest > wanted)
        return bad_number(err, HEAPLINE_BAD_FILE, "trailing bytes: ", size, " instead of ",
                          wanted + FORMAT_HEADER, " bytes");
    return 0;
}

int envelope_check(const uint8_t *bytes, size_t size, struct heapline_error *err) {
    if (check_magic(bytes, size, err) || check_length(size, FORMAT_AT_FLAGS, err) ||
        check_version(bytes, err) || check_length(size, FORMAT_HEADER, err) ||
        check_size(bytes, size, err))
        return -1;
    uint32_t crc = crc_update(0, bytes, FORMAT_AT_CRC);
    crc = crc_update(crc, bytes + FORMAT_HEADER, size - FORMAT_HEADER);
    if (crc != word(bytes, FORMAT_AT_CRC, 4))
        return bad(err, "damaged: checksum differs");
    if (word(bytes, FORMAT_AT_FLAGS, 4))
        return bad(err, "damaged: unknown flags");
    return 0;
}
