/* Any bytes as an arena. The first byte chooses the number of frames to keep and, if even, the rest
 * is laid over a sound arena's header at the place that the second byte names, so that the fuzzer
 * need not find a whole arena by itself. What is read must encode and decode. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "../unit/arena_fixture.h"
#include "base/buffer.h"
#include "snapshot/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static size_t lay_over(uint8_t place, const uint8_t *bytes, size_t size) {
    size_t at = (size_t)place * sizeof fixture / 256 & ~(size_t)7;
    fixture_example();
    memcpy((char *)&fixture + at, bytes, size < sizeof fixture - at ? size : sizeof fixture - at);
    return sizeof fixture;
}

static void read_arena(const void *bytes, size_t size, uint32_t nframe) {
    struct heapline_error err;
    struct buffer file;
    struct image *image = image_from_arena(bytes, size, nframe, &err);
    if (!image)
        return;
    if (image_encode(image, &file, NULL))
        abort();
    struct image *back = image_decode(file.bytes, file.size, NULL);
    if (!back || back->site_count != image->site_count)
        abort();
    image_free(back);
    image_free(image);
    buffer_fini(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size < 2)
        return 0;
    int is_patch = !(bytes[0] & 1);
    size_t arena_size = is_patch ? lay_over(bytes[1], bytes + 2, size - 2) : size - 2;
    void *exact = aligned_alloc(64, (arena_size + 63) & ~(size_t)63);
    if (!exact)
        abort();
    memcpy(exact, is_patch ? (const void *)&fixture : bytes + 2, arena_size);
    read_arena(exact, arena_size, bytes[0] >> 1 & 7);
    free(exact);
    return 0;
}
