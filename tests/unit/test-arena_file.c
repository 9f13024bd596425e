#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "arena_fixture.h"
#include "snapshot/arena_directory.h"
#include "snapshot/arena_file.h"
#include "snapshot/process.h"
#include "suite.h"

static char scratch[] = "/tmp/test-arena_file.XXXXXX";
static char name[ARENA_NAME_MAX];
static struct heapline_error err;
static int dirfd;

static void begin(void) {
    ck_assert_ptr_nonnull(mkdtemp(scratch));
    ck_assert_int_eq(setenv("HEAPLINE_DIR", scratch, 1), 0);
    dirfd = arena_directory_open(scratch, &err);
    ck_assert_msg(dirfd >= 0, "%s", err.message);
}

static void end(void) {
    struct arena_list list = {.dirfd = dirfd};
    for (const char *found; (found = arena_list_next(&list));)
        unlinkat(dirfd, found, 0);
    close(dirfd);
    rmdir(scratch);
    strcpy(scratch + sizeof scratch - 7, "XXXXXX");
}

/* The example arena, as process `pid`'s, in a sparse file. */
static void write_arena(uint32_t pid, unsigned random) {
    fixture_example();
    fixture.header.pid = pid;
    fixture.header.pid_namespace = process_pid_namespace(0);
    fixture.header.start_ticks = process_start_ticks(pid);
    fixture.header.end = ARENA_RUNNING;
    sprintf(name, "%u.%016x.arena", pid, random);
    int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ck_assert_int_eq(write(fd, &fixture, sizeof fixture), sizeof fixture);
    ck_assert_int_eq(ftruncate(fd, 1 << 30), 0);
    close(fd);
}

static void *map_arena(void) {
    int fd = openat(dirfd, name, O_RDWR);
    void *memory = mmap(NULL, sizeof fixture, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return memory;
}

/* Child that maps the arena of the given number until it is killed. */
static pid_t start_owner(void) {
    int ready[2];
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    pid_t pid = fork();
    if (!pid) {
        write_arena((uint32_t)getpid(), 7);
        map_arena();
        ck_assert_int_eq(write(ready[1], "", 1), 1);
        for (;;)
            pause();
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    close(ready[1]);
    sprintf(name, "%u.%016x.arena", (uint32_t)pid, 7);
    return pid;
}

static void end_owner(pid_t pid) {
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

START_TEST(names_are_checked) {
    uint32_t pid = 0;
    ck_assert_int_eq(arena_name_parse("123.0123456789abcdef.arena", &pid), 0);
    ck_assert_uint_eq(pid, 123);
    ck_assert_int_eq(arena_name_parse("123.0123456789abcde.arena", NULL), -1);
    ck_assert_int_eq(arena_name_parse("123.0123456789abcdef0.arena", NULL), -1);
    ck_assert_int_eq(arena_name_parse("123.0123456789abcdef.arena2", NULL), -1);
    ck_assert_int_eq(arena_name_parse(".0123456789abcdef.arena", NULL), -1);
    ck_assert_int_eq(arena_name_parse("12345678901.0123456789abcdef.arena", NULL), -1);
}
END_TEST

START_TEST(a_living_process_is_found_and_read) {
    pid_t pid = start_owner();
    struct arena_file file;
    ck_assert_msg(!arena_file_find_pid(&file, (uint32_t)pid, &err), "%s", err.message);
    ck_assert_str_eq(file.name, name);
    ck_assert_int_eq(arena_file_is_alive(&file), 1);
    struct image *image = arena_file_read(&file, &err);
    ck_assert_msg(image != NULL, "%s", err.message);
    ck_assert_int_eq(image->live, 1);
    ck_assert_uint_eq(image->end, IMAGE_RUNNING);
    ck_assert_uint_eq(image->events_during_read, 0);
    ck_assert_uint_eq(image->site_count, 3);
    ck_assert_uint_gt(image->end_time, image->start_time);
    image_free(image);
    arena_file_close(&file);
    end_owner(pid);
}
END_TEST

START_TEST(a_killed_process_is_dead_and_recovered) {
    pid_t pid = start_owner();
    struct arena_file file;
    end_owner(pid);
    ck_assert_int_eq(arena_file_find_pid(&file, (uint32_t)pid, &err), -1);
    ck_assert_int_eq(err.code, HEAPLINE_NO_PROCESS);
    ck_assert_msg(!arena_file_open(&file, dirfd, name, &err), "%s", err.message);
    ck_assert_int_eq(arena_file_is_alive(&file), 0);
    struct image *image = arena_file_read(&file, &err);
    ck_assert_int_eq(image->live, 0);
    ck_assert_uint_eq(image->end, IMAGE_ENDED);
    image_free(image);
    arena_file_close(&file);
}
END_TEST

START_TEST(a_zombie_is_dead) {
    pid_t pid = start_owner();
    struct arena_file file;
    ck_assert_int_eq(arena_file_open(&file, dirfd, name, &err), 0);
    kill(pid, SIGKILL);
    siginfo_t info;
    waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    ck_assert_int_eq(arena_file_is_alive(&file), 0);
    arena_file_close(&file);
    end_owner(pid);
}
END_TEST

static void *wait_for_ever(void *unused) {
    while (pause())
        ;
    return unused;
}

START_TEST(a_process_without_its_main_thread_is_alive) {
    pid_t pid = fork();
    if (!pid) {
        pthread_t thread;
        write_arena((uint32_t)getpid(), 7);
        map_arena();
        pthread_create(&thread, NULL, wait_for_ever, NULL);
        pthread_exit(NULL);
    }
    sprintf(name, "%u.%016x.arena", (uint32_t)pid, 7);
    usleep(300000);
    struct arena_file file;
    ck_assert_int_eq(arena_file_open(&file, dirfd, name, &err), 0);
    ck_assert_int_eq(arena_file_is_alive(&file), 1);
    arena_file_close(&file);
    ck_assert_int_eq(arena_file_find_pid(&file, (uint32_t)pid, &err), 0);
    arena_file_close(&file);
    end_owner(pid);
}
END_TEST

START_TEST(an_arena_that_is_no_longer_mapped_is_dead) {
    struct arena_file file;
    write_arena((uint32_t)getpid(), 1);
    void *memory = map_arena();
    ck_assert_int_eq(arena_file_open(&file, dirfd, name, &err), 0);
    ck_assert_int_eq(arena_file_is_alive(&file), 1);
    munmap(memory, sizeof fixture);
    ck_assert_int_eq(arena_file_is_alive(&file), 0);
    arena_file_close(&file);
    ck_assert_int_eq(arena_file_find_pid(&file, (uint32_t)getpid(), &err), -1);
    ck_assert_int_eq(err.code, HEAPLINE_NO_PROCESS);
    ck_assert_ptr_nonnull(strstr(err.message, "not traced"));
}
END_TEST

START_TEST(texts_of_the_header_can_be_read) {
    struct arena_file file;
    char exe[32];
    write_arena(1, 1);
    ck_assert_int_eq(arena_file_open(&file, dirfd, name, &err), 0);
    const struct arena_header *h = &file.header;
    ck_assert_int_eq(arena_file_text(&file, h->exe, h->exe_size, exe, sizeof exe), 10);
    ck_assert_str_eq(exe, "/usr/bin/x");
    ck_assert_int_eq(arena_file_text(&file, h->exe, h->exe_size, exe, 5), 4);
    ck_assert_str_eq(exe, "/usr");
    ck_assert_int_eq(arena_file_text(&file, UINT32_MAX, UINT32_MAX, exe, sizeof exe), -1);
    arena_file_close(&file);
}
END_TEST

START_TEST(what_is_no_arena_is_refused) {
    struct arena_file file;
    char path[64];
    ck_assert_int_eq(arena_file_open(&file, dirfd, "missing", &err), -1);
    ck_assert_int_eq(err.os_errno, ENOENT);
    close(openat(dirfd, "1.0000000000000001.arena", O_WRONLY | O_CREAT, 0600));
    ck_assert_int_eq(arena_file_open(&file, dirfd, "1.0000000000000001.arena", &err), -1);
    ck_assert_int_eq(err.code, HEAPLINE_BAD_FILE);
    write_arena(1, 2);
    ck_assert_int_eq(symlinkat(name, dirfd, "1.0000000000000003.arena"), 0);
    ck_assert_int_eq(arena_file_open(&file, dirfd, "1.0000000000000003.arena", &err), -1);
    ck_assert_int_eq(err.os_errno, ELOOP);
    sprintf(path, "%s/1.0000000000000004.arena", scratch);
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    ck_assert_int_eq(arena_file_open(&file, AT_FDCWD, path, &err), -1);
    ck_assert_int_eq(file.fd, -1);
    ck_assert_int_eq(arena_directory_open("/no/such", &err), -1);
    ck_assert_int_eq(err.os_errno, ENOENT);
}
END_TEST

START_TEST(a_truncated_arena_is_an_error) {
    struct arena_file file;
    write_arena(1, 2);
    ck_assert_int_eq(arena_file_open(&file, dirfd, name, &err), 0);
    int fd = openat(dirfd, name, O_WRONLY);
    ck_assert_int_eq(ftruncate(fd, sizeof fixture.header + 100), 0);
    close(fd);
    ck_assert_ptr_null(arena_file_read(&file, &err));
    ck_assert_int_eq(err.code, HEAPLINE_BAD_FILE);
    arena_file_close(&file);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("arena_file");
    TCase *tests = tcase_create("arena_file");
    tcase_add_checked_fixture(tests, begin, end);
    tcase_add_test(tests, names_are_checked);
    tcase_add_test(tests, a_living_process_is_found_and_read);
    tcase_add_test(tests, a_killed_process_is_dead_and_recovered);
    tcase_add_test(tests, a_zombie_is_dead);
    tcase_add_test(tests, a_process_without_its_main_thread_is_alive);
    tcase_add_test(tests, an_arena_that_is_no_longer_mapped_is_dead);
    tcase_add_test(tests, texts_of_the_header_can_be_read);
    tcase_add_test(tests, what_is_no_arena_is_refused);
    tcase_add_test(tests, a_truncated_arena_is_an_error);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
