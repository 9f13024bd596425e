#include "analysis/debug_copy.h"
#include "suite.h"
#include <check.h>
#include <elf.h>
#include <libdeflate.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

typedef ElfW(Ehdr) Header;
typedef ElfW(Shdr) Section;
typedef ElfW(Chdr) Compression;

/* A debug file: a header, sections, their names, the table of sections. */
enum { NONE, TEXT, INFO, LOCLISTS, NAMES, SECTIONS };
static const char names[] = "\0.text\0.debug_info\0.debug_loclists\0.shstrtab";
static const char text[] = "machine code";
static char info[4000];
static struct {
    union {
        Header header;
        char bytes[8192];
    };
    size_t size;
} file;
static Section sections[SECTIONS];

static void append(unsigned section, uint32_t name, const void *bytes, size_t size) {
    sections[section] = (Section){.sh_name = name,
                                  .sh_type = SHT_PROGBITS,
                                  .sh_offset = file.size,
                                  .sh_size = size,
                                  .sh_addralign = 1};
    memcpy(file.bytes + file.size, bytes, size);
    file.size += (size + 15) & ~(size_t)15;
}

static void append_compressed(unsigned section, uint32_t name, const void *bytes, size_t size) {
    struct {
        Compression head;
        char stream[2000];
    } packed = {.head = {.ch_type = ELFCOMPRESS_ZLIB, .ch_size = size, .ch_addralign = 8}};
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
    size_t stream = libdeflate_zlib_compress(c, bytes, size, packed.stream, sizeof packed.stream);
    libdeflate_free_compressor(c);
    ck_assert_uint_gt(stream, 0);
    append(section, name, &packed, sizeof packed.head + stream);
    sections[section].sh_flags = SHF_COMPRESSED;
}

static void append_table(void) {
    file.header.e_shoff = file.size;
    memcpy(file.bytes + file.size, sections, sizeof sections);
    file.size += sizeof sections;
}

static void setup(void) {
    memset(&file, 0, sizeof file);
    memset(sections, 0, sizeof sections);
    for (size_t i = 0; i < sizeof info; i++)
        info[i] = (char)(i / 7);
    memcpy(file.header.e_ident, ELFMAG, SELFMAG);
    file.header.e_ident[EI_CLASS] = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    file.header.e_ident[EI_DATA] =
        __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
    file.header.e_type = ET_DYN;
    file.header.e_shentsize = sizeof(Section);
    file.header.e_shnum = SECTIONS;
    file.header.e_shstrndx = NAMES;
    file.size = sizeof(Header);
    append(TEXT, 1, text, sizeof text);
    append_compressed(INFO, 7, info, sizeof info);
    append_compressed(LOCLISTS, 19, info, sizeof info);
    append(NAMES, 35, names, sizeof names);
    append_table();
}

static Section *section_in_file(unsigned i) {
    return (Section *)(file.bytes + file.header.e_shoff) + i;
}

static int copy_file(void) {
    int fd = memfd_create("original", 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, file.bytes, file.size), (ssize_t)file.size);
    int copy = debug_copy(fd);
    close(fd);
    return copy;
}

static void assert_no_copy(void) {
    ck_assert_int_eq(copy_file(), -1);
}

static const char *map(int fd, size_t *size) {
    struct stat status;
    ck_assert_int_eq(fstat(fd, &status), 0);
    *size = (size_t)status.st_size;
    const char *bytes = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, fd, 0);
    ck_assert_ptr_ne(bytes, MAP_FAILED);
    close(fd);
    return bytes;
}

START_TEST(what_is_compressed_is_inflated_and_the_rest_stays) {
    size_t size;
    const char *copy = map(copy_file(), &size);
    const Section *s = (const Section *)(copy + ((const Header *)copy)->e_shoff);
    ck_assert_uint_eq(s[INFO].sh_flags & SHF_COMPRESSED, 0);
    ck_assert_uint_eq(s[INFO].sh_size, sizeof info);
    ck_assert_uint_eq(s[INFO].sh_addralign, 8);
    ck_assert_uint_le(s[INFO].sh_offset + sizeof info, size);
    ck_assert_mem_eq(copy + s[INFO].sh_offset, info, sizeof info);
    ck_assert_uint_eq(s[TEXT].sh_offset, sections[TEXT].sh_offset);
    ck_assert_mem_eq(copy + s[TEXT].sh_offset, text, sizeof text);
    ck_assert_mem_eq(copy + s[NAMES].sh_offset, names, sizeof names);
    munmap((void *)copy, size);
}
END_TEST

START_TEST(what_nobody_reads_is_left_out) {
    size_t size;
    const char *copy = map(copy_file(), &size);
    const Section *s = (const Section *)(copy + ((const Header *)copy)->e_shoff);
    ck_assert_uint_eq(s[LOCLISTS].sh_type, SHT_NOBITS);
    ck_assert_uint_eq(s[LOCLISTS].sh_flags & SHF_COMPRESSED, 0);
    munmap((void *)copy, size);
}
END_TEST

START_TEST(a_file_without_compression_has_no_copy) {
    section_in_file(INFO)->sh_flags = section_in_file(LOCLISTS)->sh_flags = 0;
    assert_no_copy();
}
END_TEST

START_TEST(a_file_of_another_machine_has_no_copy) {
    file.header.e_ident[EI_CLASS] ^= ELFCLASS32 ^ ELFCLASS64;
    assert_no_copy();
}
END_TEST

START_TEST(an_unknown_compression_has_no_copy) {
    ((Compression *)(file.bytes + sections[INFO].sh_offset))->ch_type = 99;
    assert_no_copy();
}
END_TEST

/* Nor does it take the memory for it. */
START_TEST(an_impossible_size_has_no_copy) {
    ((Compression *)(file.bytes + sections[INFO].sh_offset))->ch_size = UINT32_MAX / 2;
    assert_no_copy();
}
END_TEST

START_TEST(a_wrong_size_has_no_copy) {
    ((Compression *)(file.bytes + sections[INFO].sh_offset))->ch_size--;
    assert_no_copy();
    ((Compression *)(file.bytes + sections[INFO].sh_offset))->ch_size += 2;
    assert_no_copy();
}
END_TEST

/* libdw looks for it beside the file. */
START_TEST(a_file_with_a_supplement_has_no_copy) {
    memcpy(file.bytes + sections[NAMES].sh_offset + 1, "\0.gnu_debugaltlink", 19);
    section_in_file(TEXT)->sh_name = 2;
    section_in_file(INFO)->sh_name = section_in_file(LOCLISTS)->sh_name = 0;
    assert_no_copy();
}
END_TEST

START_TEST(an_empty_file_has_no_copy) {
    file.size = 0;
    assert_no_copy();
}
END_TEST

/* For the sanitizers: any result will do. */
START_TEST(damage_anywhere_does_no_harm) {
    size_t size = file.size;
    for (size_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit += 3) {
            file.bytes[i] ^= (char)(1 << bit);
            close(copy_file());
            file.bytes[i] ^= (char)(1 << bit);
        }
    while (file.size--) {
        int copy = copy_file();
        ck_assert_int_eq(copy, -1);
    }
}
END_TEST

int main(void) {
    Suite *suite = suite_create("debug copy");
    TCase *tests = tcase_create("debug copy");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, what_is_compressed_is_inflated_and_the_rest_stays);
    tcase_add_test(tests, what_nobody_reads_is_left_out);
    tcase_add_test(tests, a_file_without_compression_has_no_copy);
    tcase_add_test(tests, a_file_of_another_machine_has_no_copy);
    tcase_add_test(tests, an_unknown_compression_has_no_copy);
    tcase_add_test(tests, an_impossible_size_has_no_copy);
    tcase_add_test(tests, a_wrong_size_has_no_copy);
    tcase_add_test(tests, a_file_with_a_supplement_has_no_copy);
    tcase_add_test(tests, an_empty_file_has_no_copy);
    tcase_add_test(tests, damage_anywhere_does_no_harm);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
