/* A generator that is sent numbers and yields their average so far. Closing it, it says what it has
 * seen. Its frame owns a reference, which the collector can see. */
#include "gc-example.h"
#include <stddef.h>

struct average {
    struct hgc_object *numbers; /* a list */
    double sum;
};

static int add(struct average *a, struct hgc_object *number) {
    double value;
    if (hgc_float_get(number, &value) || hgc_list_append(a->numbers, number))
        return -1;
    a->sum += value;
    return 0;
}

static int resume(struct hgc_runtime *rt, struct hgc_object *self, void *frame, int how,
                  struct hgc_object *sent, struct hgc_object **out) {
    struct average *a = frame;
    (void)self;
    if (how == HGC_CLOSE) {
        printf("closed after %d numbers\n", (int)hgc_len(a->numbers));
        return 0;
    }
    if (how == HGC_SEND && add(a, sent))
        return -1;
    int64_t count = hgc_len(a->numbers);
    *out = count ? hgc_float_new(rt, a->sum / (double)count) : hgc_incref(hgc_none(rt));
    return *out ? 1 : -1;
}

static const uint16_t fields[] = {offsetof(struct average, numbers)};
static const struct hgc_generator_spec spec = {.name = "average",
                                               .frame_size = sizeof(struct average),
                                               .fields = fields,
                                               .nfields = 1,
                                               .resume = resume};

static struct hgc_object *new_average(struct hgc_runtime *rt) {
    void *frame;
    struct hgc_object *list = need(rt, hgc_list_new(rt, NULL, 0));
    struct hgc_object *generator = need(rt, hgc_generator_new(rt, &spec, &frame));
    hgc_assign(&((struct average *)frame)->numbers, list);
    hgc_decref(list);
    return generator;
}

static void send(struct hgc_runtime *rt, struct hgc_object *average, struct hgc_object *value) {
    struct hgc_object *answer;
    if (hgc_send(average, value, &answer) < 0) {
        printf("error: %s\n", hgc_error(rt)->message);
        return;
    }
    struct hgc_object *text = need(rt, hgc_str(answer));
    printf("%s\n", hgc_str_borrow(text, NULL));
    hgc_decref(text);
    hgc_decref(answer);
}

int main(void) {
    struct hgc_runtime *rt = need_runtime();
    struct hgc_object *average = new_average(rt), *first;
    send(rt, average, hgc_int_new(rt, 1)); /* too early */
    done(rt, hgc_next(average, &first));
    hgc_decref(first);
    for (int i = 1; i <= 3; i++)
        send(rt, average, hgc_int_new(rt, i * i)); /* small ints need no decref */
    done(rt, hgc_close(average));
    done(rt, hgc_close(average)); /* nothing more to do */
    hgc_decref(average);
    return hgc_runtime_free(rt) != 0;
}
