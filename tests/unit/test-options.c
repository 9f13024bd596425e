#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "suite.h"
#include "tools/command.h"

struct values {
    int flag, other, choice;
    long count, ms;
    const char *text;
    struct text_list list;
};

#define AT(field) offsetof(struct values, field)
static const struct option_row rows[] = {
    {"--flag", 'f', OPTION_FLAG, AT(flag), NULL, "a flag"},
    {"--other", 'q', OPTION_FLAG, AT(other), NULL, "another flag"},
    {"--limit", 'n', OPTION_COUNT, AT(count), "N", "a count"},
    {"--output", 'o', OPTION_TEXT, AT(text), "FILE", "a text"},
    {"--filter", 0, OPTION_LIST, AT(list), "RULE", "a list"},
    {"--every", 0, OPTION_DURATION, AT(ms), "DUR", "a duration"},
    {"--by", 0, OPTION_CHOICE, AT(choice), "line|file|fil", "a choice"},
    {0},
};
static const struct command command = {
    .name = "c", .synopsis = "X", .summary = "s", .options = rows};

static struct values got;
static char *words[16];
static int operands;

/* Parses the words of `line`, split at spaces. */
static void parse_with(const char *line, int stop_at_operand) {
    static char buffer[256];
    int count = 0;
    got = (struct values){.count = -1, .choice = -1};
    strcpy(buffer, line);
    words[count++] = "c";
    for (char *word = strtok(buffer, " "); word; word = strtok(NULL, " "))
        words[count++] = word;
    words[count] = NULL;
    operands = options_parse(&command, count, words, &got, stop_at_operand);
}

static void parse(const char *line) {
    parse_with(line, 0);
}

static void silence(void) {
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
}

START_TEST(every_kind_is_stored) {
    parse("-f -n 5 --output=x --filter a --filter -b --every 2s --by file left");
    ck_assert_int_eq(operands, 1);
    ck_assert_str_eq(words[1], "left");
    ck_assert_ptr_null(words[2]);
    ck_assert_int_eq(got.flag, 1);
    ck_assert_int_eq(got.other, 0);
    ck_assert_int_eq(got.count, 5);
    ck_assert_str_eq(got.text, "x");
    ck_assert_int_eq(got.list.count, 2);
    ck_assert_str_eq(got.list.items[0], "a");
    ck_assert_str_eq(got.list.items[1], "-b");
    ck_assert_int_eq(got.ms, 2000);
    ck_assert_int_eq(got.choice, 1);
    free(got.list.items);
}
END_TEST

START_TEST(letters_stand_alone_together_or_with_a_value) {
    parse("-fqn7 a -o-x b");
    ck_assert_int_eq(operands, 2);
    ck_assert_int_eq(got.flag + got.other, 2);
    ck_assert_int_eq(got.count, 7);
    ck_assert_str_eq(got.text, "-x");
    ck_assert_str_eq(words[1], "a");
    ck_assert_str_eq(words[2], "b");
}
END_TEST

START_TEST(two_dashes_end_the_options) {
    parse("-f -- -n --x -");
    ck_assert_int_eq(operands, 3);
    ck_assert_str_eq(words[1], "-n");
    ck_assert_str_eq(words[2], "--x");
    ck_assert_str_eq(words[3], "-");
    ck_assert_int_eq(got.count, -1);
}
END_TEST

START_TEST(a_programs_own_options_are_left_to_it) {
    parse_with("-f prog -n x -- y", 1);
    ck_assert_int_eq(operands, 5);
    ck_assert_str_eq(words[1], "prog");
    ck_assert_str_eq(words[2], "-n");
    ck_assert_str_eq(words[4], "--");
    parse_with("-- -f", 1);
    ck_assert_int_eq(operands, 1);
    ck_assert_str_eq(words[1], "-f");
}
END_TEST

static const char *const wrong[] = {
    "--no",       "-x",
    "-fx",        "--flag=1",
    "-n",         "--limit",
    "-n x",       "-n -1",
    "-n 1x",      "-n=1",
    "--every 0",  "--every x",
    "--by other", "--by fi",
    "--by",       "--filter",
    "--limi 1",   "-n 99999999999999999999",
    "--by line|", "--by line|file",
};

START_TEST(what_is_no_option_is_an_error) {
    silence();
    parse(wrong[_i]);
    ck_assert_msg(operands == OPTIONS_ERROR, "'%s' gave %d", wrong[_i], operands);
}
END_TEST

START_TEST(help_is_said) {
    dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
    parse("-f --help");
    ck_assert_int_eq(operands, OPTIONS_HELP);
    parse("-h");
    ck_assert_int_eq(operands, OPTIONS_HELP);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("options");
    TCase *tcase = tcase_create("options");
    tcase_add_test(tcase, every_kind_is_stored);
    tcase_add_test(tcase, letters_stand_alone_together_or_with_a_value);
    tcase_add_test(tcase, two_dashes_end_the_options);
    tcase_add_test(tcase, a_programs_own_options_are_left_to_it);
    tcase_add_loop_test(tcase, what_is_no_option_is_an_error, 0, sizeof wrong / sizeof *wrong);
    tcase_add_test(tcase, help_is_said);
    suite_add_tcase(suite, tcase);
    return suite_run(suite);
}
