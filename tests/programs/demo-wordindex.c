/* An inverted index of the words in source trees: for each word, where it stands.
 * Usage: demo-wordindex [DIRECTORY...]; prints the ten most frequent words and some totals.
 * The workload that `./quickstart` traces when it is given no program. Like most tools that build
 * one data structure and answer, it leaves the index to the end of the process. */
#include <ctype.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct place {
    uint32_t file, line;
};

struct word {
    char *text;
    struct place *places;
    size_t count, capacity;
    struct word *next; /* in its bucket */
};

static struct {
    struct word **buckets;
    size_t bucket_count, word_count, place_count;
    char **files;
    size_t file_count, file_capacity;
} words;

static void *checked(void *block) {
    if (!block) {
        perror("demo-wordindex");
        exit(1);
    }
    return block;
}

static size_t bucket_of(const char *text, size_t size, size_t bucket_count) {
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * 1099511628211u;
    return hash & (bucket_count - 1);
}

static void grow_buckets(void) {
    size_t count = words.bucket_count ? words.bucket_count * 2 : 256;
    struct word **buckets = checked(calloc(count, sizeof *buckets));
    for (size_t i = 0; i < words.bucket_count; i++)
        for (struct word *word = words.buckets[i], *next; word; word = next) {
            next = word->next;
            size_t at = bucket_of(word->text, strlen(word->text), count);
            word->next = buckets[at];
            buckets[at] = word;
        }
    free(words.buckets);
    words.buckets = buckets;
    words.bucket_count = count;
}

static struct word *find_or_add(const char *text, size_t size) {
    if (words.word_count >= words.bucket_count)
        grow_buckets();
    struct word **bucket = &words.buckets[bucket_of(text, size, words.bucket_count)];
    for (struct word *word = *bucket; word; word = word->next)
        if (strncmp(word->text, text, size) == 0 && word->text[size] == '\0')
            return word;

    struct word *word = checked(malloc(sizeof *word));
    char *copy = checked(strndup(text, size));
    *word = (struct word){.text = copy, .next = *bucket};
    words.word_count++;
    return *bucket = word;
}

static void add_place(struct word *word, struct place place) {
    if (word->count == word->capacity) {
        word->capacity = word->capacity ? word->capacity * 2 : 2;
        word->places = checked(realloc(word->places, word->capacity * sizeof *word->places));
    }
    word->places[word->count++] = place;
    words.place_count++;
}

static uint32_t add_file(const char *path) {
    if (words.file_count == words.file_capacity) {
        words.file_capacity = words.file_capacity ? words.file_capacity * 2 : 16;
        words.files = checked(realloc(words.files, words.file_capacity * sizeof *words.files));
    }
    words.files[words.file_count] = checked(strdup(path));
    return words.file_count++;
}

static void add_line(const char *line, struct place place) {
    while (*line) {
        while (*line && !isalpha((unsigned char)*line))
            line++;
        const char *start = line;
        while (isalnum((unsigned char)*line) || *line == '_')
            line++;
        if (line - start >= 2)
            add_place(find_or_add(start, line - start), place);
    }
}

static int add_path(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    (void)status, (void)walk;
    FILE *stream = kind == FTW_F ? fopen(path, "r") : NULL;
    if (!stream)
        return 0;
    char *line = NULL;
    size_t size = 0;
    struct place place = {.file = add_file(path)};
    while (getline(&line, &size, stream) >= 0) {
        place.line++;
        add_line(line, place);
    }
    free(line);
    fclose(stream);
    return 0;
}

static int by_count(const void *a, const void *b) {
    const struct word *left = *(struct word *const *)a, *right = *(struct word *const *)b;
    if (left->count != right->count)
        return left->count < right->count ? 1 : -1;
    return strcmp(left->text, right->text);
}

static struct word **sorted(void) {
    struct word **all = checked(malloc(words.word_count * sizeof *all + 1)), **end = all;
    for (size_t i = 0; i < words.bucket_count; i++)
        for (struct word *word = words.buckets[i]; word; word = word->next)
            *end++ = word;
    qsort(all, words.word_count, sizeof *all, by_count);
    return all;
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (nftw(argv[i], add_path, 16, FTW_PHYS) != 0) {
            perror(argv[i]);
            return 1;
        }
    struct word **all = sorted();
    for (size_t i = 0; i < words.word_count && i < 10; i++)
        printf("%6zu %s, last at %s:%u\n", all[i]->count, all[i]->text,
               words.files[all[i]->places[all[i]->count - 1].file],
               all[i]->places[all[i]->count - 1].line);
    printf("%zu words at %zu places in %zu files\n", words.word_count, words.place_count,
           words.file_count);
    return 0;
}
