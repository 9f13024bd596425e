/* An inverted index of the words in source trees: for each word, where it stands, and the line in
 * which it came first.
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
    char *text, *context;
    struct place *places;
    size_t count, capacity;
    struct word *next; /* in its bucket */
};

struct file {
    char *path;
    uint32_t *line_sizes;
    size_t line_count, line_capacity;
};

/* Files by the end of their names, as ".c". */
struct kind {
    char *name;
    size_t file_count;
    struct kind *next;
};

static struct {
    struct word **buckets;
    size_t bucket_count, word_count, place_count;
    struct file *files;
    size_t file_count, file_capacity;
    struct kind *kinds;
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

static struct word *find_or_add(const char *text, size_t size, const char *line) {
    if (words.word_count >= words.bucket_count)
        grow_buckets();
    struct word **bucket = &words.buckets[bucket_of(text, size, words.bucket_count)];
    for (struct word *word = *bucket; word; word = word->next)
        if (strncmp(word->text, text, size) == 0 && word->text[size] == '\0')
            return word;

    struct word *word = checked(malloc(sizeof *word));
    char *copy = checked(strndup(text, size));
    char *context = checked(strdup(line));
    *word = (struct word){.text = copy, .context = context, .next = *bucket};
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

static void count_kind(const char *path) {
    const char *slash = strrchr(path, '/'), *end = strrchr(slash ? slash : path, '.');
    struct kind *kind = words.kinds;
    if (!end)
        return;
    while (kind && strcmp(kind->name, end) != 0)
        kind = kind->next;
    if (!kind) {
        kind = checked(calloc(1, sizeof *kind));
        kind->name = checked(strdup(end));
        kind->next = words.kinds;
        words.kinds = kind;
    }
    kind->file_count++;
}

static uint32_t add_file(const char *path) {
    if (words.file_count == words.file_capacity) {
        words.file_capacity = words.file_capacity ? words.file_capacity * 2 : 16;
        words.files = checked(realloc(words.files, words.file_capacity * sizeof *words.files));
    }
    count_kind(path);
    words.files[words.file_count] = (struct file){.path = checked(strdup(path))};
    return words.file_count++;
}

static void add_line_size(struct file *file, size_t size) {
    if (file->line_count == file->line_capacity) {
        file->line_capacity = file->line_capacity ? file->line_capacity * 2 : 64;
        file->line_sizes =
            checked(realloc(file->line_sizes, file->line_capacity * sizeof *file->line_sizes));
    }
    file->line_sizes[file->line_count++] = size;
}

static void add_words(const char *text, const char *line, struct place place) {
    while (*text) {
        while (*text && !isalpha((unsigned char)*text))
            text++;
        const char *start = text;
        while (isalnum((unsigned char)*text) || *text == '_')
            text++;
        if (text - start >= 2)
            add_place(find_or_add(start, text - start, line), place);
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
    for (ssize_t length; (length = getline(&line, &size, stream)) >= 0;) {
        place.line++;
        add_line_size(&words.files[place.file], length);
        add_words(line, line, place);
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
               words.files[all[i]->places[all[i]->count - 1].file].path,
               all[i]->places[all[i]->count - 1].line);
    printf("%zu words at %zu places in %zu files\n", words.word_count, words.place_count,
           words.file_count);
    return 0;
}
