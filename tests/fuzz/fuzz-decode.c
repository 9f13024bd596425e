/* Any bytes as a snapshot file. The first byte chooses: odd, magic, version, size and checksum are
 * made right, so that the fuzzer reaches what they protect. What decodes must encode, and what that
 * gives must decode to the same bytes again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/buffer.h"
#include "base/crc.h"
#include "snapshot/format.h"
#include "snapshot/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void put(struct buffer *file, size_t at, uint64_t value, size_t size) {
    for (size_t i = 0; i < size; i++)
        file->bytes[at + i] = (uint8_t)(value >> 8 * i);
}

static void seal(struct buffer *file) {
    if (file->size < FORMAT_HEADER)
        return;
    memcpy(file->bytes, FORMAT_MAGIC, FORMAT_AT_VERSION);
    put(file, FORMAT_AT_VERSION, FORMAT_VERSION, 4);
    put(file, FORMAT_AT_FLAGS, 0, 4);
    put(file, FORMAT_AT_SIZE, file->size - FORMAT_HEADER, 8);
    uint32_t crc = crc_update(0, file->bytes, FORMAT_AT_CRC);
    crc = crc_update(crc, file->bytes + FORMAT_HEADER, file->size - FORMAT_HEADER);
    put(file, FORMAT_AT_CRC, crc, 4);
}

static void check_round_trip(const struct image *image) {
    struct buffer first, second;
    if (image_encode(image, &first, NULL))
        abort();
    struct image *back = image_decode(first.bytes, first.size, NULL);
    if (!back || image_encode(back, &second, NULL) || first.size != second.size ||
        memcmp(first.bytes, second.bytes, first.size))
        abort();
    buffer_fini(&first);
    buffer_fini(&second);
    image_free(back);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct buffer file = {0};
    struct heapline_error err;
    struct heapline_totals totals;
    if (!size)
        return 0;
    buffer_append(&file, bytes + 1, size - 1);
    if (bytes[0] & 1)
        seal(&file);
    /* A heap copy, so that reading one byte too far is seen. */
    uint8_t *exact = malloc(file.size ? file.size : 1);
    if (!exact)
        abort();
    if (file.size)
        memcpy(exact, file.bytes, file.size);
    struct image *image = image_decode(exact, file.size, &err);
    free(exact);
    if (image) {
        image_totals(image, 1, 0, &totals);
        check_round_trip(image);
    }
    image_free(image);
    buffer_fini(&file);
    return 0;
}
