#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "arena_fixture.h"
#include "base/buffer.h"
#include "base/crc.h"
#include "snapshot/image.h"
#include "snapshot/notes.h"
#include "suite.h"

static struct heapline_error err;

static const char *const types[] = {NULL, "List", "Dict"};
static const char *const domain_names[] = {"malloc", "objects"};
static const uint32_t domain_ids[] = {0, 0x686763};
static const struct image_frame frames[] = {
    {"g", "g.c", 7, 1}, {"h", "g.c", 9, 0}, {NULL, NULL, 0, 0}};
static struct image_block blocks[] = {
    {0x7fff00001000, 0, 1}, {0x10, UINT64_MAX, 0}, {UINT64_MAX, 1, 2}};
static struct image_label labels[] = {{"build", "1.2.3"}, {"", "empty"}};
static struct image_symbol symbols[] = {
    {0x400100, 1, 0, 2, frames}, {0x400100, 1, 1, 0, NULL}, {0x7f0000000100, 2, 0, 1, frames + 2}};

static struct image *full_image(void) {
    fixture_example();
    struct image *image = image_from_arena(&fixture, sizeof fixture, 0, &err);
    ck_assert_msg(image != NULL, "%s", err.message);
    image->types = types;
    image->type_count = 3;
    image->domain_names = domain_names;
    image->domain_ids = domain_ids;
    image->domain_count = 2;
    image->sites[1].type = 2;
    image->sites[1].domain = 0x686763;
    image->sites[2].total.bytes = UINT64_MAX;
    image->symbols = symbols;
    image->symbol_count = 3;
    image->blocks = blocks;
    image->block_count = 3;
    image->has_blocks = 1;
    image->labels = labels;
    image->label_count = 2;
    image->gc.runtimes = 2;
    image->gc.generation[2].longest = UINT64_MAX;
    image->sites[0].cut = 7;
    image->sites[1].cut = IMAGE_CUT_UNKNOWN;
    image->live = 1;
    image->events_during_read = 99;
    return image;
}

static struct buffer encode(const struct image *image) {
    struct buffer bytes;
    ck_assert_int_eq(image_encode(image, &bytes, &err), 0);
    return bytes;
}

static void check_same_text(const char *a, const char *b) {
    ck_assert_int_eq(!a, !b);
    if (a)
        ck_assert_str_eq(a, b);
}

static void check_same_symbols(const struct image *a, const struct image *b) {
    ck_assert_uint_eq(a->symbol_count, b->symbol_count);
    for (uint32_t i = 0; i < a->symbol_count; i++) {
        const struct image_symbol *s = &a->symbols[i], *t = &b->symbols[i];
        ck_assert_uint_eq(s->ip, t->ip);
        ck_assert_uint_eq(s->module, t->module);
        ck_assert_uint_eq(s->exact, t->exact);
        ck_assert_uint_eq(s->frame_count, t->frame_count);
        for (uint32_t j = 0; j < s->frame_count; j++) {
            check_same_text(s->frames[j].function, t->frames[j].function);
            check_same_text(s->frames[j].file, t->frames[j].file);
            ck_assert_uint_eq(s->frames[j].line, t->frames[j].line);
            ck_assert_uint_eq(s->frames[j].inlined, t->frames[j].inlined);
        }
    }
}

static void check_same_blocks(const struct image *a, const struct image *b) {
    ck_assert_int_eq(a->has_blocks, b->has_blocks);
    ck_assert_uint_eq(a->block_count, b->block_count);
    for (uint32_t i = 0; i < a->block_count; i++) {
        ck_assert_uint_eq(a->blocks[i].address, b->blocks[i].address);
        ck_assert_uint_eq(a->blocks[i].size, b->blocks[i].size);
        ck_assert_uint_eq(a->blocks[i].site, b->blocks[i].site);
    }
}

START_TEST(everything_survives_a_round_trip) {
    struct image *image = full_image();
    struct buffer bytes = encode(image);
    struct image *back = image_decode(bytes.bytes, bytes.size, &err);
    ck_assert_msg(back != NULL, "%s", err.message);
    struct buffer again = encode(back);
    ck_assert_uint_eq(bytes.size, again.size);
    ck_assert_mem_eq(bytes.bytes, again.bytes, bytes.size);
    ck_assert_uint_eq(back->site_count, image->site_count);
    ck_assert_mem_eq(back->nodes, image->nodes, image->node_count * sizeof *image->nodes);
    for (uint32_t i = 0; i < image->site_count; i++)
        ck_assert_mem_eq(&back->sites[i], &image->sites[i], sizeof *image->sites);
    check_same_symbols(image, back);
    check_same_blocks(image, back);
    ck_assert_uint_eq(back->label_count, 2);
    ck_assert_str_eq(back->labels[0].value, "1.2.3");
    ck_assert_str_eq(back->labels[1].name, "");
    ck_assert_mem_eq(&back->gc, &image->gc, sizeof back->gc);
    ck_assert_uint_eq(back->notes, image->notes);
    ck_assert_uint_eq(back->missed_frees, 5);
    ck_assert_uint_eq(back->events_during_read, 99);
    ck_assert_int_eq(back->live, 1);
    ck_assert_str_eq(back->types[2], "Dict");
    ck_assert_str_eq(back->domain_names[1], "objects");
    ck_assert_uint_eq(back->domain_ids[1], 0x686763);
    ck_assert_uint_eq(back->command_count, 3);
    ck_assert_str_eq(back->modules[1].path, "/usr/bin/x");
    ck_assert_uint_eq(back->modules[1].build_id_size, 11);
    buffer_fini(&again);
    buffer_fini(&bytes);
    image_free(back);
    image_free(image);
}
END_TEST

START_TEST(texts_are_shared) {
    struct image *image = full_image();
    struct buffer bytes = encode(image);
    struct image *back = image_decode(bytes.bytes, bytes.size, &err);
    ck_assert_ptr_eq(back->exe, back->modules[1].path);
    ck_assert_ptr_eq(back->symbols[0].frames[0].file, back->symbols[0].frames[1].file);
    image_free(back);
    buffer_fini(&bytes);
    image_free(image);
}
END_TEST

static void check_bad(const void *bytes, size_t size, int code, const char *message) {
    memset(&err, 0, sizeof err);
    ck_assert_ptr_null(image_decode(bytes, size, &err));
    ck_assert_int_eq(err.code, code);
    ck_assert_msg(strstr(err.message, message) != NULL, "%s", err.message);
}

START_TEST(bad_files_are_told_apart) {
    struct image *image = full_image();
    struct buffer bytes = encode(image);
    char message[64];
    check_bad("", 0, HEAPLINE_BAD_FILE, "empty file");
    check_bad("GIF89a and so on, and so on", 27, HEAPLINE_BAD_FILE, "not a heapline snapshot");
    check_bad("\x89HLS\n\x1a\n", 7, HEAPLINE_BAD_FILE, "copied as if it were text");
    sprintf(message, "truncated: %zu of %zu bytes", bytes.size - 1, bytes.size);
    check_bad(bytes.bytes, bytes.size - 1, HEAPLINE_BAD_FILE, message);
    buffer_append(&bytes, "x", 1);
    check_bad(bytes.bytes, bytes.size, HEAPLINE_BAD_FILE, "trailing bytes");
    bytes.bytes[8] = 42; /* damaged beyond, but first of all newer */
    check_bad(bytes.bytes, 12, HEAPLINE_NEWER_FILE, "format version 42");
    buffer_fini(&bytes);
    image_free(image);
}
END_TEST

START_TEST(truncation_at_any_byte_is_an_error) {
    struct image *image = full_image();
    struct buffer bytes = encode(image);
    for (size_t size = 1; size < bytes.size; size++)
        check_bad(bytes.bytes, size, HEAPLINE_BAD_FILE, "truncated");
    buffer_fini(&bytes);
    image_free(image);
}
END_TEST

START_TEST(any_flipped_bit_is_an_error) {
    struct image *image = full_image();
    struct buffer bytes = encode(image);
    for (size_t bit = 0; bit < bytes.size * 8; bit++) {
        int is_version = bit / 8 >= 8 && bit / 8 < 12 && bit != 64;
        bytes.bytes[bit / 8] ^= 1 << bit % 8;
        check_bad(bytes.bytes, bytes.size, is_version ? HEAPLINE_NEWER_FILE : HEAPLINE_BAD_FILE,
                  "");
        bytes.bytes[bit / 8] ^= 1 << bit % 8;
    }
    buffer_fini(&bytes);
    image_free(image);
}
END_TEST

static void seal(struct buffer *bytes) {
    for (int i = 0; i < 8; i++)
        bytes->bytes[16 + i] = (uint8_t)((bytes->size - 28) >> 8 * i);
    uint32_t crc = crc_update(0, bytes->bytes, 24);
    crc = crc_update(crc, bytes->bytes + 28, bytes->size - 28);
    for (int i = 0; i < 4; i++)
        bytes->bytes[24 + i] = (uint8_t)(crc >> 8 * i);
}

START_TEST(unknown_sections_are_skipped_if_optional) {
    struct image *image = full_image();
    struct buffer bytes = encode(image);
    buffer_append(&bytes, "xtra\3\0\0\0\0\0\0\0abc", 15);
    seal(&bytes);
    struct image *back = image_decode(bytes.bytes, bytes.size, &err);
    ck_assert_msg(back != NULL, "%s", err.message);
    image_free(back);
    bytes.bytes[bytes.size - 15] = 'X';
    seal(&bytes);
    check_bad(bytes.bytes, bytes.size, HEAPLINE_BAD_FILE, "section");
    buffer_fini(&bytes);
    image_free(image);
}
END_TEST

/* With the checksum made right, whatever a byte becomes, decoding ends in an image or an error. */
START_TEST(hostile_contents_do_no_harm) {
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    struct image *image = full_image();
    struct buffer bytes = encode(image);
    for (size_t at = 28; at < bytes.size; at++) {
        uint8_t original = bytes.bytes[at];
        for (size_t i = 0; i < sizeof values; i++) {
            bytes.bytes[at] = values[i];
            seal(&bytes);
            struct image *back = image_decode(bytes.bytes, bytes.size, &err);
            ck_assert(back || err.code == HEAPLINE_BAD_FILE);
            image_free(back);
        }
        bytes.bytes[at] = original;
    }
    buffer_fini(&bytes);
    image_free(image);
}
END_TEST

START_TEST(every_note_has_a_text) {
    for (unsigned note = 0; note < ARENA_NOTE_COUNT; note++)
        ck_assert_ptr_nonnull(note_text(note));
    ck_assert_ptr_null(note_text(ARENA_NOTE_COUNT));
}
END_TEST

int main(void) {
    Suite *suite = suite_create("image");
    TCase *file = tcase_create("file");
    tcase_add_test(file, everything_survives_a_round_trip);
    tcase_add_test(file, texts_are_shared);
    tcase_add_test(file, bad_files_are_told_apart);
    tcase_add_test(file, truncation_at_any_byte_is_an_error);
    tcase_add_test(file, any_flipped_bit_is_an_error);
    tcase_add_test(file, unknown_sections_are_skipped_if_optional);
    tcase_add_test(file, hostile_contents_do_no_harm);
    tcase_add_test(file, every_note_has_a_text);
    suite_add_tcase(suite, file);
    return suite_run(suite);
}
