#include <time.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/io.h"
#include "base/text.h"
#include "snapshot/image.h"
#include "snapshot/output_name.h"
#include "tracer/final.h"
#include "tracer/store.h"
#include "tracer/usage.h"

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

void final_mark(void) {
    store.header->end_time = now_ns();
    store.header->tracer_bytes = usage_bytes;
    __atomic_store_n(&store.header->end, ARENA_EXITED, __ATOMIC_RELEASE);
}

static struct image *make_image(struct heapline_error *err) {
    store.header->tracer_bytes = usage_bytes;
    return image_from_arena(store.base, store.ceiling, store.header->nframe, err);
}

int final_write(const char *path, struct heapline_error *err) {
    struct image *image = make_image(err);
    struct buffer out = {0};
    int r = -1;
    if (image == NULL)
        return -1;
    image->live = 1;
    image->end_time = now_ns();
    if (image_encode(image, &out, err) == 0) {
        r = io_publish(path, out.bytes, out.size, 0);
        if (r != 0)
            r = error_set(err, HEAPLINE_IO, -r, path, "cannot be written");
    }
    buffer_fini(&out);
    image_free(image);
    return r;
}

/* HEAPLINE_OUTPUT with the letters filled in; children get their pid appended when it has none. */
static void choose_name(struct text *name, const struct image *image) {
    struct output_name values = {
        .exe = image->exe, .pid = image->pid, .time = (time_t)(image->start_time / 1000000000U)};
    const char *pattern = image->output[0] != '\0' ? image->output : OUTPUT_NAME_DEFAULT;
    output_name_expand(name, pattern, &values);
    if (image->forked && !output_name_has_pid(pattern)) {
        text_string(name, ".");
        text_decimal(name, image->pid);
    }
}

int final_publish(void) {
    char path[4096], taken[4096];
    struct buffer out = {0};
    struct text name;
    struct image *image;
    int r = -1;
    store_note(ARENA_NOTE_SEALED_EARLY);
    image = make_image(NULL);
    if (image == NULL)
        return -1;
    text_init(&name, path, sizeof path);
    choose_name(&name, image);
    if (image_encode(image, &out, NULL) == 0 && name.length < sizeof path)
        r = io_publish_beside(path, out.bytes, out.size, taken, sizeof taken);
    buffer_fini(&out);
    image_free(image);
    return r;
}
