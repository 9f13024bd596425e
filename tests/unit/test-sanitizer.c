#include <check.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/sanitizer.h"
#include "suite.h"

enum { BIAS = 0x400000 }; /* from places in the file to addresses */

struct program {
    Elf64_Ehdr head;
    Elf64_Phdr segments[3];
    Elf64_Dyn dynamic[4];
    char strings[64];
};

static struct program needs(const char *name) {
    struct program p = {
        .head = {.e_ident = ELFMAG, .e_phoff = offsetof(struct program, segments), .e_phnum = 3},
        .segments = {{.p_type = PT_NOTE},
                     {.p_type = PT_LOAD, .p_vaddr = BIAS, .p_filesz = sizeof p},
                     {.p_type = PT_DYNAMIC,
                      .p_offset = offsetof(struct program, dynamic),
                      .p_filesz = sizeof p.dynamic}},
        .dynamic = {{DT_NEEDED, {1}},
                    {DT_NEEDED, {strlen("/libc.so.6") + 1}},
                    {DT_STRTAB, {BIAS + offsetof(struct program, strings)}}},
        .strings = "/libc.so.6",
    };
    p.head.e_ident[EI_CLASS] = ELFCLASS64;
    strcpy(p.strings + strlen("/libc.so.6") + 1, name);
    return p;
}

static int judge(const void *bytes, size_t size) {
    int fd = memfd_create("program", 0);
    ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
    int result = sanitizer_is_needed(fd);
    close(fd);
    return result;
}

static int judge_name(const char *name) {
    struct program p = needs(name);
    return judge(&p, sizeof p);
}

START_TEST(runtimes_that_must_come_first) {
    ck_assert_int_eq(judge_name("libasan.so.8"), 1);
    ck_assert_int_eq(judge_name("libtsan.so.2"), 1);
    ck_assert_int_eq(judge_name("liblsan.so.0"), 1);
    ck_assert_int_eq(judge_name("libclang_rt.asan-x86_64.so"), 1);
}
END_TEST

START_TEST(other_libraries) {
    ck_assert_int_eq(judge_name("libm.so.6"), 0);
    ck_assert_int_eq(judge_name("libubsan.so.1"), 0); /* has no malloc */
    ck_assert_int_eq(judge_name("libclang_rt.ubsan_standalone-x86_64.so"), 0);
    ck_assert_int_eq(judge_name("liba"), 0);
    ck_assert_int_eq(judge_name(""), 0);
}
END_TEST

START_TEST(what_follows_the_end_of_the_table_does_not_count) {
    struct program p = needs("libasan.so.8");
    p.dynamic[3] = p.dynamic[1];
    p.dynamic[1] = p.dynamic[2];
    p.dynamic[2] = (Elf64_Dyn){DT_NULL, {0}};
    ck_assert_int_eq(judge(&p, sizeof p), 0);
}
END_TEST

START_TEST(cut_anywhere) {
    struct program p = needs("libasan.so.8");
    size_t name = offsetof(struct program, strings) + strlen("/libc.so.6") + 1;
    for (size_t size = 0; size <= name; size++)
        ck_assert_int_eq(judge(&p, size), 0);
}
END_TEST

/* Nothing but the sanitizers that this is built with can tell a wrong read here. */
START_TEST(damaged_anywhere) {
    srand(1);
    for (int i = 0; i < 20000; i++) {
        struct program p = needs("libasan.so.8");
        for (int changes = rand() % 3; changes >= 0; changes--)
            ((char *)&p)[(size_t)rand() % sizeof p] = (char)(rand() % 3 ? rand() : 0xff);
        int result = judge(&p, sizeof p);
        ck_assert(result == 0 || result == 1);
    }
}
END_TEST

START_TEST(nothing_to_read) {
    errno = 7;
    ck_assert_int_eq(sanitizer_is_needed(-1), 0);
    ck_assert_int_eq(errno, 7);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("sanitizer");
    TCase *tests = tcase_create("sanitizer");
    tcase_add_test(tests, runtimes_that_must_come_first);
    tcase_add_test(tests, other_libraries);
    tcase_add_test(tests, what_follows_the_end_of_the_table_does_not_count);
    tcase_add_test(tests, cut_anywhere);
    tcase_add_test(tests, damaged_anywhere);
    tcase_add_test(tests, nothing_to_read);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
