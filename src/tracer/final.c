#include <string.h>
#include <time.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/io.h"
#include "base/sys.h"
#include "base/text.h"
#include "snapshot/arena_directory.h"
#include "snapshot/arena_file.h"
#include "snapshot/image.h"
#include "snapshot/output_name.h"
#include "tracer/final.h"
#include "tracer/session.h"
#include "tracer/store.h"
#include "tracer/usage.h"

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

void final_mark(void) {
    store.header->end_time = now_ns();
    store.header->tracer_bytes = usage_get();
    __atomic_store_n(&store.header->end, ARENA_EXITED, __ATOMIC_RELEASE);
}

/* `blocks`: an array of struct image_block, or NULL. */
static struct image *make_image(const struct buffer *blocks, struct heapline_error *err) {
    const struct image_block *block = blocks != NULL ? (const void *)blocks->bytes : NULL;
    uint32_t count = blocks != NULL ? (uint32_t)(blocks->size / sizeof *block) : 0;
    static const struct image_block none;
    if (blocks != NULL && block == NULL)
        block = &none;
    store.header->tracer_bytes = usage_get();
    return image_from_arena_with_blocks(store.base, store.ceiling, store.header->nframe, block,
                                        count, err);
}

int final_encode(struct buffer *out, const struct buffer *blocks, struct heapline_error *err) {
    struct image *image;
    int r;
    session_hold();
    image = make_image(blocks, err);
    session_let_go();
    if (image == NULL)
        return -1;
    image->live = 1;
    image->end_time = now_ns();
    r = image_encode(image, out, err);
    image_free(image);
    return r;
}

int final_write(const char *path, struct heapline_error *err) {
    struct buffer out;
    int r = final_encode(&out, NULL, err);
    if (r != 0)
        return -1;
    r = io_publish(path, out.bytes, out.size, 0);
    buffer_fini(&out);
    return r != 0 ? error_set(err, HEAPLINE_IO, -r, path, "cannot be written") : 0;
}

/* HEAPLINE_OUTPUT with the letters filled in; children get their pid appended when it has none, and
 * images that exec replaced their number, before ".snap" where the name ends so. */
static void choose_name(struct text *name, const struct image *image, int is_replaced) {
    struct output_name values = {
        .exe = image->exe, .pid = image->pid, .time = (time_t)(image->start_time / 1000000000U)};
    const char *pattern = image->output[0] != '\0' ? image->output : OUTPUT_NAME_DEFAULT;
    int has_suffix;
    output_name_expand(name, pattern, &values);
    if (image->is_child && !output_name_has_pid(pattern)) {
        text_string(name, ".");
        text_decimal(name, image->pid);
    }
    has_suffix = name->length > 5 && name->length < name->size &&
                 strcmp(name->buf + name->length - 5, ".snap") == 0;
    if (!is_replaced)
        return;
    if (has_suffix)
        name->length -= 5;
    text_string(name, ".exec");
    text_decimal(name, image->image + 1);
    if (has_suffix)
        text_string(name, ".snap");
}

static int publish(const struct image *image, int is_replaced) {
    char path[4096], taken[4096];
    struct buffer out = {0};
    struct text name;
    int r = -1;
    text_init(&name, path, sizeof path);
    choose_name(&name, image, is_replaced);
    if (image_encode(image, &out, NULL) == 0 && name.length < sizeof path)
        r = io_publish_beside(path, out.bytes, out.size, taken, sizeof taken);
    buffer_fini(&out);
    return r;
}

/* The arena of an earlier image of this process, which nobody else will collect. */
static void publish_earlier(int directory, const char *name) {
    const struct arena_header *own = store.header;
    struct arena_file file;
    struct image *image;
    if (arena_file_open(&file, directory, name, NULL) != 0)
        return;
    if (file.header.pid == own->pid && file.header.start_ticks == own->start_ticks &&
        file.header.image < own->image && file.header.session == 0 &&
        (image = arena_file_read(&file, NULL)) != NULL) {
        if (image->site_count == 0 || publish(image, 1) == 0)
            sys_call(SYS_unlinkat, directory, (long)name, 0, 0, 0, 0);
        image_free(image);
    }
    arena_file_close(&file);
}

static void publish_all_earlier(void) {
    struct arena_list list = {.dirfd = arena_directory_open(store.directory, NULL)};
    const char *name;
    uint32_t pid;
    if (list.dirfd < 0)
        return;
    while ((name = arena_list_next(&list)) != NULL)
        if (arena_name_parse(name, &pid) == 0 && pid == store.header->pid)
            publish_earlier(list.dirfd, name);
    sys_close(list.dirfd);
}

int final_publish(void) {
    struct image *image;
    int r;
    store_note(ARENA_NOTE_SEALED_EARLY);
    image = make_image(NULL, NULL);
    if (image == NULL)
        return -1;
    r = publish(image, 0);
    image_free(image);
    if (store.header->image > 0)
        publish_all_earlier();
    return r;
}
