/* A list of numbers, and a dict from numbers to numbers. */
#include "work.h"

#ifdef HAS_LISTS
static struct result list(long count, enum kind kind) {
    (void)kind;
    double start = now();
    list_ref items = list_new();
    for (long i = 0; i < count; i++) {
        ref item = int_new(FIRST_INT + i);
        list_append(items, item);
        drop(item);
    }
    long length = list_length(items);
    list_drop(items);
    return (struct result){(now() - start) / (double)count, length};
}
#endif

#ifdef HAS_DICTS
static ref *keys_new(long count) {
    ref *keys = work_array(count, sizeof *keys);
    for (long i = 0; i < count; i++)
        keys[i] = int_new(FIRST_INT + i);
    return keys;
}

static dict_ref dict_of(ref *keys, long count) {
    dict_ref dict = dict_new();
    for (long i = 0; i < count; i++)
        dict_set(dict, keys[i], keys[i]);
    return dict;
}

static struct result dict_insert(long count, enum kind kind) {
    (void)kind;
    ref *keys = keys_new(count);
    double start = now();
    dict_ref dict = dict_of(keys, count);
    return (struct result){(now() - start) / (double)count, dict_length(dict)};
}

static struct result dict_sequential(long count, enum kind kind) {
    (void)kind;
    ref *keys = keys_new(count);
    dict_ref dict = dict_of(keys, count);
    long found = 0;
    double start = now();
    for (long i = 0; i < count; i++) {
        ref value = dict_get(dict, keys[i]);
        found += value == keys[i];
        drop(value);
    }
    return (struct result){(now() - start) / (double)count, found};
}

static struct result dict_random(long count, enum kind kind) {
    (void)kind;
    ref *keys = keys_new(count);
    dict_ref dict = dict_of(keys, count);
    uint32_t state = 1;
    long found = 0;
    double start = now();
    for (long i = 0; i < count; i++) {
        ref key = keys[random_below(&state, (uint32_t)count)], value = dict_get(dict, key);
        found += value == key;
        drop(value);
    }
    return (struct result){(now() - start) / (double)count, found};
}
#endif

const struct work container_works[] = {
#ifdef HAS_LISTS
    {"list", list},
#endif
#ifdef HAS_DICTS
    {"dict-insert", dict_insert},
    {"dict-sequential", dict_sequential},
    {"dict-random", dict_random},
#endif
    {0}};
