#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/directory.h"
#include "base/io.h"
#include "suite.h"

static char start[1024], scratch[] = "/tmp/test-io.XXXXXX";

static void enter_scratch(void) {
    strcpy(scratch + sizeof scratch - 7, "XXXXXX");
    ck_assert_ptr_nonnull(getcwd(start, sizeof start));
    ck_assert_ptr_nonnull(mkdtemp(scratch));
    ck_assert_int_eq(chdir(scratch), 0);
}

static void leave_scratch(void) {
    DIR *directory = opendir(".");
    for (struct dirent *entry; (entry = readdir(directory));)
        unlinkat(dirfd(directory), entry->d_name, entry->d_type == DT_DIR ? AT_REMOVEDIR : 0);
    closedir(directory);
    ck_assert_int_eq(chdir(start), 0);
    rmdir(scratch);
}

static int count_files(void) {
    int count = 0, fd = open(".", O_RDONLY | O_DIRECTORY);
    struct directory directory = {.fd = fd};
    for (const char *name; (name = directory_next(&directory));)
        count += strcmp(name, ".") && strcmp(name, "..");
    close(fd);
    return count;
}

static void check_contents(const char *path, const char *wanted) {
    char buf[64] = "";
    size_t got;
    int fd = open(path, O_RDONLY);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(io_read_at(fd, buf, sizeof buf, 0, &got), 0);
    close(fd);
    ck_assert_uint_eq(got, strlen(wanted));
    ck_assert_str_eq(buf, wanted);
}

START_TEST(publishing_never_overwrites_unless_told) {
    errno = 77;
    ck_assert_int_eq(io_publish("a.snap", "one", 3, 0), 0);
    ck_assert_int_eq(io_publish("a.snap", "two", 3, 0), -EEXIST);
    check_contents("a.snap", "one");
    ck_assert_int_eq(io_publish("./a.snap", "two", 3, 1), 0);
    check_contents("a.snap", "two");
    ck_assert_int_eq(errno, 77);
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

static mode_t mode_of(const char *path) {
    struct stat st;
    ck_assert_int_eq(stat(path, &st), 0);
    return st.st_mode & 0777;
}

START_TEST(a_file_is_replaced_by_one_for_the_same_readers) {
    struct stat st;
    umask(022);
    ck_assert_int_eq(io_publish("a.snap", "one", 3, 0), 0);
    ck_assert_uint_eq(mode_of("a.snap"), 0644);
    chmod("a.snap", 0660);
    int is_others = !chown("a.snap", 65534, 65533);
    ck_assert_int_eq(io_publish("a.snap", "two", 3, 1), 0);
    ck_assert_uint_eq(mode_of("a.snap"), 0660);
    ck_assert_int_eq(stat("a.snap", &st), 0);
    ck_assert_uint_eq(st.st_uid, is_others ? 65534 : getuid());
    ck_assert_uint_eq(st.st_gid, is_others ? 65533 : getgid());
}
END_TEST

START_TEST(publishing_beside_takes_the_first_free_name) {
    char taken[32];
    ck_assert_int_eq(io_publish_beside("a.snap", "0", 1, taken, sizeof taken), 0);
    ck_assert_str_eq(taken, "a.snap");
    ck_assert_int_eq(io_publish_beside("a.snap", "1", 1, taken, sizeof taken), 0);
    ck_assert_str_eq(taken, "a.1.snap");
    ck_assert_int_eq(io_publish_beside("a.snap", "2", 1, taken, sizeof taken), 0);
    ck_assert_str_eq(taken, "a.2.snap");
    check_contents("a.1.snap", "1");
    ck_assert_int_eq(io_publish("b", "0", 1, 0), 0);
    ck_assert_int_eq(io_publish_beside("b", "1", 1, taken, sizeof taken), 0);
    ck_assert_str_eq(taken, "b.1");
    ck_assert_int_eq(io_publish_beside("a.snap", "3", 1, taken, 6), -ENAMETOOLONG);
    ck_assert_int_eq(count_files(), 5);
}
END_TEST

START_TEST(failures_leave_nothing_behind) {
    char taken[32];
    ck_assert_int_eq(io_publish("no/such/a.snap", "x", 1, 0), -ENOENT);
    ck_assert_int_eq(mkdir("d", 0700), 0);
    ck_assert_int_eq(io_publish("d", "x", 1, 0), -EEXIST);
    ck_assert_int_eq(io_publish("d", "x", 1, 1), -EISDIR);
    ck_assert_int_eq(mkfifo("pipe", 0600), 0);
    ck_assert_int_eq(io_publish("pipe", "x", 1, 1), -EEXIST);
    ck_assert_int_eq(symlink("pipe", "link"), 0);
    ck_assert_int_eq(io_publish("link", "x", 1, 1), -EEXIST);
    ck_assert_int_eq(io_publish_beside("link", "x", 1, taken, sizeof taken), -EEXIST);
    ck_assert_int_eq(count_files(), 3);
    unlink("link");
    unlink("pipe");
}
END_TEST

START_TEST(a_file_size_limit_is_an_error_and_no_signal) {
    struct rlimit limit = {4096, 4096};
    static char bytes[8192];
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert_int_eq(io_publish("a.snap", bytes, sizeof bytes, 0), -EFBIG);
    ck_assert_int_eq(io_publish("a.snap", bytes, 4096, 0), 0);
    ck_assert_int_eq(count_files(), 1);
}
END_TEST

START_TEST(a_full_disk_is_an_error) {
    int fd = open("/dev/full", O_WRONLY);
    ck_assert_int_eq(io_write_all(fd, "x", 1), -ENOSPC);
    close(fd);
    ck_assert_int_eq(io_write_all(-1, "x", 1), -EBADF);
}
END_TEST

static int copies_of_the_mark_in(int fd) {
    char buf[256] = "";
    size_t got;
    lseek(fd, 0, SEEK_SET);
    io_read_at(fd, buf, sizeof buf - 1, 0, &got);
    return strstr(buf, "mark") != NULL;
}

START_TEST(nothing_lands_in_closed_standard_streams) {
    for (int fd = 0; fd < 3; fd++)
        close(fd);
    int published = io_publish("a.snap", "mark", 4, 0);
    int first = open("own", O_RDWR | O_CREAT, 0600);
    int is_clean = first == 0 && !copies_of_the_mark_in(first);
    _exit(published || !is_clean);
}
END_TEST

START_TEST(a_directory_of_many_files_is_listed_whole_while_it_shrinks) {
    char name[32];
    for (int i = 0; i < 500; i++) {
        sprintf(name, "file-number-%04d", i);
        close(open(name, O_WRONLY | O_CREAT, 0600));
    }
    int seen = 0, fd = open(".", O_RDONLY | O_DIRECTORY);
    struct directory directory = {.fd = fd};
    for (const char *found; (found = directory_next(&directory));) {
        seen += *found == 'f';
        if (*found == 'f')
            unlinkat(fd, found, 0);
    }
    close(fd);
    ck_assert_int_eq(seen, 500);
    ck_assert_int_eq(count_files(), 0);
}
END_TEST

START_TEST(two_may_list_one_descriptor_in_turns) {
    char name[32];
    for (int i = 0; i < 200; i++) {
        sprintf(name, "%04d", i);
        close(open(name, O_WRONLY | O_CREAT, 0600));
    }
    int pairs = 0, fd = open(".", O_RDONLY | O_DIRECTORY);
    struct directory outer = {.fd = fd};
    while (directory_next(&outer)) {
        struct directory inner = {.fd = fd};
        while (directory_next(&inner))
            pairs++;
    }
    close(fd);
    ck_assert_int_eq(pairs, 202 * 202);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("io");
    TCase *tests = tcase_create("io");
    tcase_add_checked_fixture(tests, enter_scratch, leave_scratch);
    tcase_add_test(tests, publishing_never_overwrites_unless_told);
    tcase_add_test(tests, a_file_is_replaced_by_one_for_the_same_readers);
    tcase_add_test(tests, publishing_beside_takes_the_first_free_name);
    tcase_add_test(tests, failures_leave_nothing_behind);
    tcase_add_test(tests, a_file_size_limit_is_an_error_and_no_signal);
    tcase_add_test(tests, a_full_disk_is_an_error);
    tcase_add_test(tests, a_directory_of_many_files_is_listed_whole_while_it_shrinks);
    tcase_add_test(tests, two_may_list_one_descriptor_in_turns);
    suite_add_tcase(suite, tests);
    TCase *exits = tcase_create("exits");
    tcase_add_unchecked_fixture(exits, enter_scratch, leave_scratch);
    tcase_add_exit_test(exits, nothing_lands_in_closed_standard_streams, 0);
    suite_add_tcase(suite, exits);
    return suite_run(suite);
}
