/* Texts of objects for people. What is nested deep is left out, so cycles need no care. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buffer.h"
#include "base/text.h"
#include "gc/check.h"
#include "gc/dict.h"
#include "gc/list.h"
#include "gc/number.h"
#include "gc/str.h"
#include "heapline_objects.h"

enum { DEPTH_MAX = 6, NUMBER_TEXT = 40 };

static void append_text(struct buffer *b, const char *text) {
    buffer_append(b, text, strlen(text));
}

static void append_integer(struct buffer *b, int64_t value) {
    char digits[NUMBER_TEXT];
    struct text t;
    text_init(&t, digits, sizeof digits);
    if (value < 0)
        text_string(&t, "-");
    text_decimal(&t, value < 0 ? -(uint64_t)value : (uint64_t)value);
    append_text(b, digits);
}

static void append_zeros(struct buffer *b, int count) {
    while (count-- > 0)
        append_text(b, "0");
}

/* 0.DIGITS * 10^point, without an exponent. */
static void append_fixed(struct buffer *b, const char *digits, int point) {
    int count = (int)strlen(digits), whole = point < 0 ? 0 : point < count ? point : count;
    append_zeros(b, point <= 0);
    buffer_append(b, digits, (size_t)whole);
    append_zeros(b, point - count);
    append_text(b, ".");
    append_zeros(b, -point);
    append_text(b, digits + whole);
    append_zeros(b, point >= count);
}

static void append_scientific(struct buffer *b, const char *digits, int exponent) {
    char text[NUMBER_TEXT];
    buffer_append(b, digits, 1);
    if (strlen(digits) > 1)
        append_text(b, ".");
    append_text(b, digits + 1);
    snprintf(text, sizeof text, "e%+03d", exponent);
    append_text(b, text);
}

/* The fewest digits that read back as the same number; returns the exponent of the first. */
static int shortest(double value, char *digits) {
    char text[NUMBER_TEXT] = "";
    int precision = 0;
    do
        snprintf(text, sizeof text, "%.*e", precision, value);
    while (strtod(text, NULL) != value && precision++ < 16);
    size_t end = strcspn(text, "e");
    for (size_t i = 0; i < end; i++)
        if (text[i] >= '0' && text[i] <= '9') /* the point may be a comma */
            *digits++ = text[i];
    *digits = 0;
    return (int)strtol(text + end + 1, NULL, 10);
}

/* As CPython does: always with a point or an exponent. */
static void append_real(struct buffer *b, double value) {
    char digits[NUMBER_TEXT];
    if (isnan(value)) {
        append_text(b, "nan");
        return;
    }
    if (signbit(value))
        append_text(b, "-");
    if (isinf(value)) {
        append_text(b, "inf");
        return;
    }
    int exponent = shortest(fabs(value), digits);
    if (exponent < -4 || exponent >= 16)
        append_scientific(b, digits, exponent);
    else
        append_fixed(b, digits, exponent + 1);
}

static void append_address(struct buffer *b, const struct hgc_object *o) {
    char digits[NUMBER_TEXT];
    struct text t;
    text_init(&t, digits, sizeof digits);
    text_hex(&t, (uintptr_t)o);
    append_text(b, "<");
    append_text(b, type_of(o)->name);
    append_text(b, " 0x");
    append_text(b, digits);
    append_text(b, ">");
}

/* --- strings in others: as Python shows them, but what is not ASCII as it is --- */

static void append_escape(struct buffer *b, unsigned char c) {
    static const char digits[] = "0123456789abcdef";
    static const char *const escapes[' '] = {['\t'] = "\\t", ['\n'] = "\\n", ['\r'] = "\\r"};
    if (c < ' ' && escapes[c]) {
        append_text(b, escapes[c]);
        return;
    }
    append_text(b, "\\x");
    buffer_append(b, &digits[c >> 4], 1);
    buffer_append(b, &digits[c & 15], 1);
}

static void append_quoted(struct buffer *b, const struct str *s) {
    int is_double = memchr(s->text, '\'', s->size) && !memchr(s->text, '"', s->size);
    const char *quote = is_double ? "\"" : "'";
    append_text(b, quote);
    for (const char *c = s->text; c < s->text + s->size; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7F) {
            append_escape(b, (unsigned char)*c);
            continue;
        }
        if (*c == '\\' || *c == *quote)
            append_text(b, "\\");
        buffer_append(b, c, 1);
    }
    append_text(b, quote);
}

/* --- containers --- */

static void append_object(struct buffer *b, struct hgc_object *o, int depth);

static void append_items(struct buffer *b, struct hgc_object *const *items, uint64_t count,
                         int depth) {
    for (uint64_t i = 0; i < count; i++) {
        if (i)
            append_text(b, ", ");
        append_object(b, items[i], depth + 1);
    }
}

static void append_dict(struct buffer *b, struct hgc_object *o, int depth) {
    size_t position = 0;
    struct hgc_object *key, *value;
    append_text(b, "{");
    for (int i = 0; hgc_dict_next_borrow(o, &position, &key, &value); i++) {
        append_text(b, i ? ", " : "");
        append_object(b, key, depth + 1);
        append_text(b, ": ");
        append_object(b, value, depth + 1);
    }
    append_text(b, "}");
}

static void append_container(struct buffer *b, struct hgc_object *o, int depth) {
    const struct list *l = (const struct list *)o;
    const struct tuple *t = (const struct tuple *)o;
    if (depth > DEPTH_MAX) {
        append_text(b, "...");
    } else if (is_type(o, TYPE_LIST)) {
        append_text(b, "[");
        append_items(b, l->items, l->count, depth);
        append_text(b, "]");
    } else if (is_type(o, TYPE_TUPLE)) {
        append_text(b, "(");
        append_items(b, t->items, t->count, depth);
        append_text(b, t->count == 1 ? ",)" : ")");
    } else {
        append_dict(b, o, depth);
    }
}

static void append_object(struct buffer *b, struct hgc_object *o, int depth) {
    switch (o->type) {
    case TYPE_NONE:
        append_text(b, "None");
        break;
    case TYPE_BOOL:
        append_text(b, ((const struct number *)o)->integer ? "True" : "False");
        break;
    case TYPE_INT:
        append_integer(b, ((const struct number *)o)->integer);
        break;
    case TYPE_FLOAT:
        append_real(b, ((const struct number *)o)->real);
        break;
    case TYPE_STR:
        append_quoted(b, (const struct str *)o);
        break;
    case TYPE_LIST:
    case TYPE_TUPLE:
    case TYPE_DICT:
        append_container(b, o, depth);
        break;
    default:
        append_address(b, o);
    }
}

struct hgc_object *hgc_str(struct hgc_object *o) {
    struct hgc_runtime *rt = runtime_of(o);
    check_owner(rt);
    if (is_type(o, TYPE_STR))
        return hgc_incref(o);
    struct buffer b = {0};
    append_object(&b, o, 0);
    struct hgc_object *text = NULL;
    if (b.failed)
        gc_fail_memory(rt);
    else
        text = hgc_str_new(rt, (const char *)b.bytes, b.size);
    buffer_fini(&b);
    return text;
}
