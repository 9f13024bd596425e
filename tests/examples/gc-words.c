/* How often each word occurs: a dict of ints, in the order in which the words came first. */
#include "gc-example.h"
#include <string.h>

static void count(struct hgc_runtime *rt, struct hgc_object *counts, const char *word,
                  size_t length) {
    struct hgc_object *key = need(rt, hgc_str_new(rt, word, length)), *old;
    int64_t n = 0;
    if (done(rt, hgc_dict_get(counts, key, &old)))
        done(rt, hgc_int_get(old, &n));
    struct hgc_object *new = need(rt, hgc_int_new(rt, n + 1));
    done(rt, hgc_dict_set(counts, key, new));
    hgc_decref(new);
    hgc_decref(old);
    hgc_decref(key);
}

int main(void) {
    struct hgc_runtime *rt = need_runtime();
    struct hgc_object *counts = need(rt, hgc_dict_new(rt)), *word, *n;
    const char *text = "a rose is a rose is a rose";
    for (size_t length; *text; text += length + (text[length] == ' ')) {
        length = strcspn(text, " ");
        count(rt, counts, text, length);
    }
    size_t position = 0;
    while (hgc_dict_next_borrow(counts, &position, &word, &n)) {
        int64_t times;
        done(rt, hgc_int_get(n, &times));
        printf("%s: %d\n", hgc_str_borrow(word, NULL), (int)times);
    }
    struct hgc_object *shown = need(rt, hgc_str(counts));
    printf("%s\n", hgc_str_borrow(shown, NULL));
    hgc_decref(shown);
    hgc_decref(counts);
    return hgc_runtime_free(rt) != 0;
}
