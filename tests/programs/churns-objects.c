/* Makes and drops so many objects, of which every so many-th lives on in the place of an earlier
 * one: "objects N, survivors N, grown KIB" says by how much the process grew after the first
 * hundredth.
 */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include "heapline_gc.h"

struct node {
    struct hgc_object head;
    struct hgc_object *left, *right;
};
enum { PLACES = 10000 };

static long peak_kib(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static struct hgc_type *make_type(struct hgc_runtime *rt) {
    static const uint16_t fields[] = {offsetof(struct node, left), offsetof(struct node, right)};
    const struct hgc_type_spec spec = {.name = "node",
                                       .size = sizeof(struct node),
                                       .flags = HGC_TYPE_GC,
                                       .fields = fields,
                                       .nfields = 2};
    return hgc_type_new(rt, &spec);
}

/* Returns how many lived on. */
static long churn(struct hgc_runtime *rt, struct hgc_type *type, long count, long keep_each) {
    static struct hgc_object *kept[PLACES];
    long survivors = 0;
    for (long i = 1; i <= count; i++) {
        struct hgc_object *o = hgc_new(rt, type);
        if (!o)
            abort();
        if (keep_each && i % keep_each == 0)
            hgc_assign(&kept[survivors++ % PLACES], o);
        hgc_decref(o);
    }
    for (int i = 0; i < PLACES; i++)
        hgc_assign(&kept[i], NULL);
    return survivors;
}

int main(int argc, char **argv) {
    long count = argc > 1 ? atol(argv[1]) : 1000000, keep_each = argc > 2 ? atol(argv[2]) : 0;
    struct hgc_runtime *rt = hgc_runtime_new(NULL);
    struct hgc_type *type = rt ? make_type(rt) : NULL;
    if (!type)
        return 1;
    long survivors = churn(rt, type, count / 100, keep_each), before = peak_kib();
    survivors += churn(rt, type, count - count / 100, keep_each);
    printf("objects %ld, survivors %ld, grown %ld\n", count, survivors, peak_kib() - before);
    return hgc_runtime_free(rt) != 0;
}
