#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "arena_fixture.h"
#include "snapshot/lender.h"
#include "suite.h"
#include "tools/run_lender.h"
#include "tracer/lend.h"

static const uint64_t session = UINT64_C(0x6c656e6465720000);
static struct run_lender lender;

static void open_lender(void) {
    run_lender_open(&lender, session + (uint64_t)getpid());
    fixture_example();
}

static void close_lender(void) {
    run_lender_close(&lender);
}

/* 1 if a file of that size is lent, with `text` written to it. */
static int borrow(uint64_t size, const void *text, size_t text_size) {
    struct stat st;
    int fd = lend_ask(session + (uint64_t)getppid(), size);
    if (fd < 0 || fstat(fd, &st) || (uint64_t)st.st_size != size)
        return 0;
    return !text_size || pwrite(fd, text, text_size, 0) == (ssize_t)text_size;
}

/* Lets a child borrow, and serves it until it ends. */
static int borrow_apart(uint64_t size, const void *text, size_t text_size) {
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(borrow(size, text, text_size));
    while (waitpid(pid, &status, WNOHANG) == 0)
        run_lender_serve(&lender);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

START_TEST(a_loan_becomes_an_arena_when_it_holds_one) {
    ck_assert_int_eq(borrow_apart(sizeof fixture, NULL, 0), 1);
    ck_assert_int_eq(borrow_apart(sizeof fixture, &fixture, sizeof fixture), 1);
    ck_assert_uint_eq(lender.count, 2);
    ck_assert_int_eq(run_loan_is_arena(lender.loans[0]), 0);
    ck_assert_int_eq(run_loan_is_arena(lender.loans[1]), 1);
    ck_assert_uint_eq(lender.loans[1]->file.header.pid, fixture.header.pid);
    ck_assert_uint_eq(lender.loans[1]->image, fixture.header.image);
}
END_TEST

START_TEST(a_loan_that_is_forgotten_leaves_the_others) {
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(borrow_apart(4096, NULL, 0), 1);
    struct run_loan *last = lender.loans[2];
    run_lender_forget(&lender, lender.loans[1]);
    ck_assert_uint_eq(lender.count, 2);
    ck_assert_ptr_eq(lender.loans[1], last);
}
END_TEST

START_TEST(what_is_too_much_is_refused) {
    ck_assert_int_eq(borrow_apart(UINT64_C(1) << 40, NULL, 0), 0);
    ck_assert_uint_eq(lender.count, 0);
}
END_TEST

START_TEST(who_asks_nobody_gets_nothing) {
    ck_assert_int_eq(lend_ask(session + 1 + (uint64_t)getpid(), 4096), -1);
    ck_assert_int_eq(lend_ask(0, 4096), -1);
}
END_TEST

START_TEST(the_name_of_a_loan_leads_to_it) {
    char name[LENDER_NAME_MAX], path[64];
    struct stat held, found;
    ck_assert_int_eq(borrow_apart(4096, NULL, 0), 1);
    int lent = lender.loans[0]->file.fd;
    lender_name_file(name, (uint32_t)getpid(), (uint32_t)lent);
    snprintf(path, sizeof path, "/memfd:%s (deleted)", name);
    int fd = lender_open_file(path);
    ck_assert_int_ge(fd, 0);
    ck_assert(!fstat(lent, &held) && !fstat(fd, &found));
    ck_assert_uint_eq(held.st_ino, found.st_ino);
    close(fd);
}
END_TEST

START_TEST(other_names_lead_nowhere) {
    static const char *const paths[] = {"",
                                        "/memfd:",
                                        "/memfd:heapline-lent.",
                                        "/memfd:heapline-lent.1",
                                        "/memfd:heapline-lent.x.y",
                                        "/memfd:heapline-lent.../../etc/passwd",
                                        "/tmp/heapline-lent.1.1",
                                        "/memfd:other (deleted)"};
    ck_assert_int_eq(lender_open_file(paths[_i]), -1);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("run_lender");
    TCase *tcase = tcase_create("run_lender");
    tcase_add_checked_fixture(tcase, open_lender, close_lender);
    tcase_add_test(tcase, a_loan_becomes_an_arena_when_it_holds_one);
    tcase_add_test(tcase, a_loan_that_is_forgotten_leaves_the_others);
    tcase_add_test(tcase, what_is_too_much_is_refused);
    tcase_add_test(tcase, who_asks_nobody_gets_nothing);
    tcase_add_test(tcase, the_name_of_a_loan_leads_to_it);
    tcase_add_loop_test(tcase, other_names_lead_nowhere, 0, 8);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
