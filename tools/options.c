#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "command.h"
#include "duration.h"

struct parse {
    const struct command *self;
    char **argv;
    char *into; /* the command's options struct */
    int argc, next, operands;
};

/* --- Values: each kind has a function that stores `value` or returns what it should have been ---
 */

static const char *store_flag(void *target, const struct option_row *row, const char *value) {
    (void)row, (void)value;
    *(int *)target = 1;
    return NULL;
}

static const char *store_count(void *target, const struct option_row *row, const char *value) {
    (void)row;
    char *end;
    errno = 0;
    unsigned long n = strtoul(value, &end, 10);
    if (!isdigit((unsigned char)*value) || *end || errno || n > LONG_MAX)
        return "a number";
    *(long *)target = (long)n;
    return NULL;
}

static const char *store_text(void *target, const struct option_row *row, const char *value) {
    (void)row;
    *(const char **)target = value;
    return NULL;
}

static const char *store_list(void *target, const struct option_row *row, const char *value) {
    (void)row;
    struct text_list *list = target;
    const char **items = reallocarray(list->items, list->count + 1, sizeof *items);
    if (!items)
        abort();
    items[list->count++] = value;
    list->items = items;
    return NULL;
}

static const char *store_duration(void *target, const struct option_row *row, const char *value) {
    (void)row;
    int failed = duration_parse(value, target);
    return failed ? "a duration above 0, such as 500ms, 10s, 5m or 1h" : NULL;
}

static const char *store_choice(void *target, const struct option_row *row, const char *value) {
    size_t size = strlen(value);
    const char *choice = row->argument;
    for (int i = 0; choice; i++) {
        size_t length = strcspn(choice, "|");
        if (length == size && !memcmp(choice, value, size)) {
            *(int *)target = i;
            return NULL;
        }
        choice = choice[length] ? choice + length + 1 : NULL;
    }
    return row->argument;
}

static const char *(*const store[])(void *, const struct option_row *, const char *) = {
    [OPTION_FLAG] = store_flag, [OPTION_COUNT] = store_count,       [OPTION_TEXT] = store_text,
    [OPTION_LIST] = store_list, [OPTION_DURATION] = store_duration, [OPTION_CHOICE] = store_choice,
};

static int put(struct parse *p, const struct option_row *row, const char *value) {
    const char *due = store[row->kind](p->into + row->offset, row, value);
    if (!due)
        return 0;
    return complain(OPTIONS_ERROR, row->name, "'%s' is not %s (heapline help %s)", value, due,
                    p->self->name);
}

/* --- Words --- */

static int is_named(const struct option_row *row, const char *name, size_t size) {
    return strlen(row->name) == size && !memcmp(row->name, name, size);
}

static const struct option_row *find_name(const struct parse *p, const char *name, size_t size) {
    const struct option_row *row = p->self->options;
    while (row->name && !is_named(row, name, size))
        row++;
    return row->name ? row : NULL;
}

static const struct option_row *find_letter(const struct parse *p, char letter) {
    const struct option_row *row = p->self->options;
    while (row->name && row->letter != letter)
        row++;
    return row->name ? row : NULL;
}

static int unknown(const struct parse *p, const char *word) {
    return complain(OPTIONS_ERROR, word, "unknown option (heapline help %s lists them)",
                    p->self->name);
}

/* `attached` is what stood in the same word, NULL if nothing did; else the next word is the value.
 */
static int take_value(struct parse *p, const struct option_row *row, const char *attached) {
    if (!attached && p->next == p->argc)
        return complain(OPTIONS_ERROR, row->name, "%s is missing (heapline help %s)", row->argument,
                        p->self->name);
    return put(p, row, attached ? attached : p->argv[p->next++]);
}

static int take_long(struct parse *p, const char *word) {
    size_t size = strcspn(word, "=");
    const struct option_row *row = find_name(p, word, size);
    if (!row)
        return unknown(p, word);
    if (row->kind != OPTION_FLAG)
        return take_value(p, row, word[size] ? word + size + 1 : NULL);
    if (word[size])
        return complain(OPTIONS_ERROR, row->name, "takes no value (heapline help %s)",
                        p->self->name);
    return put(p, row, NULL);
}

/* "-q", "-n5", "-n 5", and flags together: "-fq". */
static int take_letters(struct parse *p, const char *word) {
    for (const char *letter = word + 1; *letter; letter++) {
        const struct option_row *row = find_letter(p, *letter);
        if (!row)
            return unknown(p, word);
        if (row->kind != OPTION_FLAG)
            return take_value(p, row, letter[1] ? letter + 1 : NULL);
        put(p, row, NULL);
    }
    return 0;
}

static int take_option(struct parse *p, const char *word) {
    if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
        options_print_help(p->self);
        return OPTIONS_HELP;
    }
    return word[1] == '-' ? take_long(p, word) : take_letters(p, word);
}

static int is_operand(const char *word) {
    return word[0] != '-' || !word[1];
}

/* Options, and operands among them, up to "--" or the end. */
static int take_words(struct parse *p, int stop_at_operand) {
    while (p->next < p->argc) {
        char *word = p->argv[p->next];
        if (is_operand(word) && stop_at_operand)
            return 0;
        p->next++;
        if (!strcmp(word, "--"))
            return 0;
        int result = 0;
        if (is_operand(word))
            p->argv[++p->operands] = word;
        else
            result = take_option(p, word);
        if (result)
            return result;
    }
    return 0;
}

int options_parse(const struct command *self, int argc, char **argv, void *into,
                  int stop_at_operand) {
    struct parse p = {.self = self, .argv = argv, .into = into, .argc = argc, .next = 1};
    int result = take_words(&p, stop_at_operand);
    if (result)
        return result;
    while (p.next < argc)
        argv[++p.operands] = argv[p.next++];
    argv[p.operands + 1] = NULL;
    return p.operands;
}

/* --- Help --- */

enum { HELP_INDENT = 26, HELP_WIDTH = 79 };

/* Breaks at spaces; lines after the first begin at HELP_INDENT. */
static void print_wrapped(const char *text) {
    int column = HELP_INDENT;
    while (*text) {
        int length = (int)strcspn(text, " ");
        if (column > HELP_INDENT && column + 1 + length > HELP_WIDTH) {
            printf("\n%*s", HELP_INDENT, "");
            column = HELP_INDENT;
        }
        column += printf("%s%.*s", column > HELP_INDENT ? " " : "", length, text);
        text += length + strspn(text + length, " ");
    }
    putchar('\n');
}

static void print_row(const struct option_row *row) {
    char letter[] = {'-', row->letter, ',', ' ', 0};
    int width = printf("  %s%s%s%s", row->letter ? letter : "    ", row->name,
                       row->argument ? " " : "", row->argument ? row->argument : "");
    if (width >= HELP_INDENT)
        printf("\n%*s", HELP_INDENT, "");
    else
        printf("%*s", HELP_INDENT - width, "");
    print_wrapped(row->help);
}

void options_print_help(const struct command *self) {
    static const struct option_row help = {.name = "--help", .letter = 'h', .help = "this text"};
    printf("Usage: heapline %s %s\n", self->name, self->synopsis);
    printf("%s\n\nOptions:\n", self->summary);
    for (const struct option_row *row = self->options; row->name; row++)
        print_row(row);
    print_row(&help);
}
