/* The order in which finalizers and callbacks run. Trash comes nearly in order from the lists and
 * by addresses from the whole heap: a merge sort that takes the runs it finds. */
#include "gc/pages.h"
#include "gc/run.h"
#include "gc/weakref.h"

struct key {
    uint64_t group, birth;
    struct hgc_object *object;
};

static struct key key_of(const struct run *r, struct hgc_object *o) {
    uint64_t group = o->generation == r->generation ? 0 : o->generation + UINT64_C(1);
    return (struct key){group, weakref_birth(o, type_of(o)), o};
}

static int is_before(const struct key *a, const struct key *b) {
    return a->group != b->group ? a->group < b->group : a->birth < b->birth;
}

/* The end of the ascending run that begins at i. */
static size_t run_end(const struct key *keys, size_t i, size_t n) {
    while (++i < n && !is_before(&keys[i], &keys[i - 1]))
        ;
    return i;
}

static void merge(const struct key *from, size_t a, size_t middle, size_t end, struct key *to) {
    size_t b = middle, out = a;
    while (a < middle && b < end)
        to[out++] = is_before(&from[b], &from[a]) ? from[b++] : from[a++];
    while (a < middle)
        to[out++] = from[a++];
    while (b < end)
        to[out++] = from[b++];
}

/* Merges neighbouring runs until there is one; returns the array that holds it. */
static struct key *sort(struct key *keys, struct key *other, size_t n) {
    while (n && run_end(keys, 0, n) < n) {
        for (size_t i = 0; i < n;) {
            size_t middle = run_end(keys, i, n);
            size_t end = middle < n ? run_end(keys, middle, n) : n;
            merge(keys, i, middle, end, other);
            i = end;
        }
        struct key *swapped = keys;
        keys = other;
        other = swapped;
    }
    return keys;
}

/* What had been noted as possible trash may live on. */
static void drop_others(struct vector *ordered) {
    size_t kept = 0;
    for (size_t i = 0; i < ordered->count; i++) {
        struct hgc_object *o = ordered->items[i];
        if (run_has(o))
            ordered->items[kept++] = o;
    }
    ordered->count = kept;
}

/* What has been born and listed in the same order needs no keys. */
static int is_in_order(const struct run *r) {
    struct key before = {0};
    for (size_t i = 0; i < r->ordered.count; i++) {
        struct key key = key_of(r, r->ordered.items[i]);
        if (is_before(&key, &before))
            return 0;
        before = key;
    }
    return 1;
}

int order_trash(struct run *r) {
    if (r->unlisted)
        return -1;
    drop_others(&r->ordered);
    size_t n = r->ordered.count, size = 2 * n * sizeof(struct key);
    if (is_in_order(r))
        return 0;
    struct key *keys = pages_alloc(size);
    if (!keys)
        return -1;
    for (size_t i = 0; i < n; i++)
        keys[i] = key_of(r, r->ordered.items[i]);
    const struct key *sorted = sort(keys, keys + n, n);
    for (size_t i = 0; i < n; i++)
        r->ordered.items[i] = sorted[i].object;
    pages_free(keys, size);
    return 0;
}
