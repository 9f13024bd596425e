#include "analysis/row_text.h"
#include "analysis/size_text.h"

static double difference(uint64_t now, uint64_t then) {
    return now >= then ? (double)(now - then) : -(double)(then - now);
}

static void put_size(struct text *t, double bytes, int with_sign) {
    char buf[SIZE_TEXT_MAX];
    text_string(t, size_text(buf, bytes, with_sign));
}

static void put_name(struct text *t, const char *name) {
    text_string(t, name);
    text_string(t, "=");
}

static void put_bytes(struct text *t, const char *name, uint64_t now, const uint64_t *then) {
    put_name(t, name);
    put_size(t, (double)now, 0);
    if (!then)
        return;
    text_string(t, " (");
    put_size(t, difference(now, *then), 1);
    text_string(t, ")");
}

void row_text_number(struct text *t, const char *name, uint64_t now, const uint64_t *then) {
    put_name(t, name);
    text_decimal(t, now);
    if (!then)
        return;
    text_string(t, now >= *then ? " (+" : " (-");
    text_decimal(t, now >= *then ? now - *then : *then - now);
    text_string(t, ")");
}

void row_text_amounts(struct text *t, const char *name, const struct heapline_count *now,
                      const struct heapline_count *then) {
    put_bytes(t, name, now->bytes, then ? &then->bytes : NULL);
    text_string(t, ", ");
    row_text_number(t, "count", now->count, then ? &then->count : NULL);
    if (!now->count)
        return;
    text_string(t, ", average=");
    put_size(t, (double)now->bytes / (double)now->count, 0);
}
