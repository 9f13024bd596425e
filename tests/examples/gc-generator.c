/* A generator makes its items one by one, when they are asked for: no list of them is needed. */
#include "gc-example.h"

struct range {
    int64_t next, end;
};

static int resume_range(struct hgc_runtime *rt, struct hgc_object *self, void *frame, int how,
                        struct hgc_object *sent, struct hgc_object **out) {
    struct range *range = frame;
    (void)self, (void)sent;
    if (how == HGC_CLOSE || range->next == range->end)
        return 0;
    *out = hgc_int_new(rt, range->next++);
    return *out ? 1 : -1;
}

static const struct hgc_generator_spec range_spec = {
    .name = "range", .frame_size = sizeof(struct range), .resume = resume_range};

static struct hgc_object *new_range(struct hgc_runtime *rt, int64_t end) {
    void *frame;
    struct hgc_object *generator = need(rt, hgc_generator_new(rt, &range_spec, &frame));
    *(struct range *)frame = (struct range){0, end};
    return generator;
}

static struct hgc_object *new_list(struct hgc_runtime *rt, int64_t end) {
    struct hgc_object *list = need(rt, hgc_list_new(rt, NULL, 0));
    for (int64_t i = 0; i < end; i++) {
        struct hgc_object *item = need(rt, hgc_int_new(rt, i));
        done(rt, hgc_list_append(list, item));
        hgc_decref(item);
    }
    return list;
}

static void print_sum(struct hgc_runtime *rt, const char *of, struct hgc_object *iterator) {
    struct hgc_object *item;
    int64_t sum = 0, value;
    while (done(rt, hgc_next(iterator, &item))) {
        done(rt, hgc_int_get(item, &value));
        sum += value;
        hgc_decref(item);
    }
    hgc_decref(item); /* what a generator has returned; NULL here */
    printf("sum of %s: %lld\n", of, (long long)sum);
}

static void print_peak(void) {
    uint64_t peak;
    heapline_get_traced_memory(NULL, &peak);
    printf("%llu bytes at most\n", (unsigned long long)peak);
    heapline_reset_peak();
}

static void take_a_few(struct hgc_runtime *rt) {
    struct hgc_object *numbers = new_range(rt, 10000000), *item;
    int64_t value = 0;
    int resumed = 0;
    while (value <= 10 && done(rt, hgc_next(numbers, &item))) {
        resumed++;
        done(rt, hgc_int_get(item, &value));
        hgc_decref(item);
    }
    printf("left at %lld, resumed %d times\n", (long long)value, resumed);
    hgc_decref(numbers);
}

int main(void) {
    static char buffer[BUFSIZ];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer); /* else stdio's own would show */
    struct hgc_runtime *rt = need_runtime();
    heapline_start(1, NULL);

    struct hgc_object *list = new_list(rt, 1000000);
    struct hgc_object *iterator = need(rt, hgc_iter(list));
    print_sum(rt, "a list", iterator);
    hgc_decref(iterator);
    hgc_decref(list);
    print_peak();

    struct hgc_object *generator = new_range(rt, 1000000);
    print_sum(rt, "a generator", generator);
    hgc_decref(generator);
    print_peak();
    take_a_few(rt);
    return hgc_runtime_free(rt) != 0;
}
