#include <check.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "arch.h"
#include "suite.h"
#include "tools/run_elf.h"

static char dir[] = "/tmp/test-run_elf-XXXXXX";
static char elf[PATH_MAX];

static const char *file(const char *name, const void *bytes, size_t size, mode_t mode) {
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_eq(write(fd, bytes, size), (ssize_t)size);
    fchmod(fd, mode);
    close(fd);
    return path;
}

static const char *script(const char *name, const char *text) {
    return file(name, text, strlen(text), 0755);
}

/* An executable with one program header, PT_INTERP, or none when interpreter is NULL. */
struct program {
    Elf64_Ehdr ehdr;
    Elf64_Phdr phdr;
    char interpreter[64];
};

static struct program make(const char *interpreter) {
    struct program p = {
        .ehdr = {.e_type = ET_DYN,
                 .e_machine = ARCH_MACHINE,
                 .e_version = EV_CURRENT,
                 .e_ehsize = sizeof(Elf64_Ehdr),
                 .e_phoff = offsetof(struct program, phdr),
                 .e_phentsize = sizeof(Elf64_Phdr),
                 .e_phnum = interpreter ? 1 : 0},
        .phdr = {.p_type = PT_INTERP,
                 .p_offset = offsetof(struct program, interpreter),
                 .p_filesz = interpreter ? strlen(interpreter) + 1 : 0},
    };
    memcpy(p.ehdr.e_ident, ELFMAG, SELFMAG);
    p.ehdr.e_ident[EI_CLASS] = ELFCLASS64;
    p.ehdr.e_ident[EI_DATA] = ELFDATA2LSB;
    p.ehdr.e_ident[EI_VERSION] = EV_CURRENT;
    if (interpreter)
        strcpy(p.interpreter, interpreter);
    return p;
}

static const char *judge(const struct program *p, mode_t mode) {
    return run_elf_obstacle(file("program", p, sizeof *p, mode), elf);
}

#define GLIBC "/lib64/ld-linux-x86-64.so.2"

START_TEST(an_ordinary_program_can_be_traced) {
    struct program p = make(GLIBC);
    ck_assert_ptr_null(judge(&p, 0755));
}
END_TEST

static void assert_says(const char *obstacle, const char *part) {
    ck_assert_ptr_nonnull(obstacle);
    ck_assert_msg(strstr(obstacle, part) != NULL, "'%s' has no '%s'", obstacle, part);
}

START_TEST(programs_that_cannot_load_the_tracer_are_known) {
    struct program p = make(NULL);
    assert_says(judge(&p, 0755), "static");
    p = make("/lib/ld-musl-x86_64.so.1");
    assert_says(judge(&p, 0755), "glibc");
    p = make(GLIBC);
    p.ehdr.e_machine = EM_RISCV;
    assert_says(judge(&p, 0755), "machine");
    Elf32_Ehdr narrow = {.e_type = ET_EXEC, .e_machine = EM_386, .e_version = EV_CURRENT};
    memcpy(narrow.e_ident, p.ehdr.e_ident, EI_NIDENT);
    narrow.e_ident[EI_CLASS] = ELFCLASS32;
    assert_says(run_elf_obstacle(file("narrow", &narrow, sizeof narrow, 0755), elf), "32-bit");
}
END_TEST

START_TEST(set_id_counts_where_it_changes_ids) {
    struct program p = make(GLIBC);
    ck_assert_ptr_null(judge(&p, 04755)); /* ours already */
    const char *path = file("set-id", &p, sizeof p, 0755);
    if (geteuid() == 0 && !chown(path, 65534, 65534) && !chmod(path, 04755))
        assert_says(run_elf_obstacle(path, elf), "set-id");
    if (geteuid() == 0 && !chmod(path, 02755))
        assert_says(run_elf_obstacle(path, elf), "set-id");
    if (geteuid() == 0 && !chmod(path, 02745)) /* without the group's x: mandatory locking */
        ck_assert_ptr_null(run_elf_obstacle(path, elf));
}
END_TEST

START_TEST(scripts_lead_to_their_interpreter) {
    char text[PATH_MAX + 8];
    struct program p = make(NULL);
    snprintf(text, sizeof text, "#! %s -x\n", file("program", &p, sizeof p, 0755));
    assert_says(run_elf_obstacle(script("script", text), elf), "static");
    snprintf(text, sizeof text, "#!%s/script\n", dir);
    assert_says(run_elf_obstacle(script("outer", text), elf), "static");
    ck_assert(strstr(elf, "/program") != NULL);
    run_elf_obstacle(script("bare", "echo hello\n"), elf);
    ck_assert_str_eq(elf, "/bin/sh");
    ck_assert_ptr_null(run_elf_obstacle(script("lost", "#!/no/such/file\n"), elf));
    snprintf(text, sizeof text, "#!%s/loop\n", dir);
    ck_assert_ptr_null(run_elf_obstacle(script("loop", text), elf));
}
END_TEST

START_TEST(damaged_files_are_no_crash) {
    struct program p = make(GLIBC);
    p.phdr.p_filesz = UINT64_MAX;
    p.ehdr.e_shoff = UINT64_MAX - 8;
    p.ehdr.e_shnum = 0xffff;
    judge(&p, 0755);
    for (size_t size = 0; size <= sizeof p; size++)
        run_elf_obstacle(file("cut", &p, size, 0755), elf);
}
END_TEST

START_TEST(path_is_searched_as_exec_does) {
    char path[PATH_MAX], list[PATH_MAX];
    script("tool", "#!/bin/sh\n");
    script("plain", "#!/bin/sh\n");
    chmod(file("plain", "x", 1, 0644), 0644);
    snprintf(list, sizeof list, "/no/such:%s:/bin", dir);
    setenv("PATH", list, 1);
    ck_assert_int_eq(run_elf_find("tool", path, sizeof path), 0);
    ck_assert_int_eq(strncmp(path, dir, strlen(dir)), 0);
    ck_assert_int_eq(run_elf_find("plain", path, sizeof path), EACCES);
    ck_assert_int_eq(run_elf_find("no-such-tool", path, sizeof path), ENOENT);
    ck_assert_int_eq(run_elf_find("", path, sizeof path), ENOENT);
    ck_assert_int_eq(run_elf_find(dir, path, sizeof path), EACCES);
    ck_assert_int_eq(run_elf_find("./no/such", path, sizeof path), ENOENT);
    setenv("PATH", "", 1); /* the working directory */
    ck_assert_int_eq(chdir(dir), 0);
    ck_assert_int_eq(run_elf_find("tool", path, sizeof path), 0);
    ck_assert_str_eq(path, "tool");
}
END_TEST

static void clean(void) {
    static const char *const names[] = {"program", "narrow", "set-id", "script", "outer", "bare",
                                        "lost",    "loop",   "cut",    "tool",   "plain"};
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, names[i]);
        unlink(path);
    }
    rmdir(dir);
}

int main(void) {
    if (!mkdtemp(dir))
        return EXIT_FAILURE;
    Suite *suite = suite_create("run_elf");
    TCase *tcase = tcase_create("run_elf");
    tcase_add_test(tcase, an_ordinary_program_can_be_traced);
    tcase_add_test(tcase, programs_that_cannot_load_the_tracer_are_known);
    tcase_add_test(tcase, set_id_counts_where_it_changes_ids);
    tcase_add_test(tcase, scripts_lead_to_their_interpreter);
    tcase_add_test(tcase, damaged_files_are_no_crash);
    tcase_add_test(tcase, path_is_searched_as_exec_does);
    suite_add_tcase(suite, tcase);
    int status = suite_run(suite);
    clean();
    return status;
}
