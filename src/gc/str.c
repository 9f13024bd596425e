#include "gc/str.h"
#include "base/hash.h"
#include "gc/object.h"
#include "gc/pages.h"
#include "heapline_objects.h"

enum { TEXT_MAX = UINT32_MAX - 256 };

/* In the place of a string that has died. */
static struct hgc_object removed;

/* --- the table of interned strings --- */

/* Where the string stands, or the first free place. */
static size_t place_of(const struct intern_table *t, uint32_t hash, const char *text, size_t size) {
    size_t mask = t->capacity - 1, i = hash & mask, place = SIZE_MAX;
    for (; t->entries[i]; i = (i + 1) & mask) {
        const struct str *s = (const struct str *)t->entries[i];
        if (t->entries[i] == &removed)
            place = place == SIZE_MAX ? i : place;
        else if (s->hash == hash && s->size == size && !memcmp(s->text, text, size))
            return i;
    }
    return place == SIZE_MAX ? i : place;
}

static int is_taken(const struct intern_table *t, size_t i) {
    return t->entries[i] && t->entries[i] != &removed;
}

/* Room for one more; removed places are used again only here. */
static int make_room(struct hgc_runtime *rt) {
    struct intern_table *t = &rt->interned, larger = {.capacity = 512};
    if (t->capacity && t->used * 2 < t->capacity)
        return 0;
    size_t live = 0;
    for (size_t i = 0; i < t->capacity; i++)
        live += (size_t)is_taken(t, i);
    while (larger.capacity < live * 4)
        larger.capacity *= 2;
    larger.entries = pages_alloc(larger.capacity * sizeof(struct hgc_object *));
    if (!larger.entries)
        return gc_fail_memory(rt);
    for (size_t i = 0; i < t->capacity; i++)
        if (is_taken(t, i)) {
            const struct str *s = (const struct str *)t->entries[i];
            larger.entries[place_of(&larger, s->hash, s->text, s->size)] = t->entries[i];
        }
    larger.used = live;
    string_fini(rt);
    *t = larger;
    return 0;
}

void string_fini(struct hgc_runtime *rt) {
    struct intern_table *t = &rt->interned;
    if (t->entries)
        pages_free(t->entries, t->capacity * sizeof(struct hgc_object *));
    *t = (struct intern_table){0};
}

struct hgc_object *string_find(struct hgc_runtime *rt, const char *text, size_t size) {
    const struct intern_table *t = &rt->interned;
    if (!t->capacity)
        return NULL;
    size_t i = place_of(t, hash_bytes(text, size), text, size);
    return is_taken(t, i) ? t->entries[i] : NULL;
}

static void forget(struct hgc_runtime *rt, struct hgc_object *o) {
    const struct str *s = (const struct str *)o;
    if (!(o->flags & FLAG_INTERNED) || !rt->interned.capacity)
        return;
    size_t i = place_of(&rt->interned, s->hash, s->text, s->size);
    if (rt->interned.entries[i] == o)
        rt->interned.entries[i] = &removed;
}

struct hgc_object *hgc_intern(struct hgc_runtime *rt, const char *utf8) {
    size_t size = strlen(utf8);
    struct hgc_object *o = string_find(rt, utf8, size);
    if (o)
        return hgc_incref(o);
    o = hgc_str_new(rt, utf8, size);
    if (!o || make_room(rt)) {
        hgc_decref(o);
        return NULL;
    }
    size_t i = place_of(&rt->interned, ((struct str *)o)->hash, utf8, size);
    rt->interned.used += rt->interned.entries[i] != &removed;
    rt->interned.entries[i] = o;
    o->flags |= FLAG_INTERNED;
    return o;
}

/* --- strings --- */

/* Plain while not interned. */
const struct hgc_type str_type = {.name = "str", .plain_leaf = 1, .fini = forget};

/* Bytes of the sequence that begins with this one; 0: none does. */
static size_t sequence_length(unsigned char first) {
    if (first < 0x80)
        return 1;
    if (first < 0xC2 || first > 0xF4)
        return 0;
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

/* The second byte rules out what is longer than need be, surrogates, and what is beyond U+10FFFF.
 */
static int is_second_good(unsigned char first, unsigned char second) {
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    return second >= low && second <= high;
}

static int is_utf8(const unsigned char *text, size_t size) {
    for (size_t i = 0; i < size;) {
        size_t length = sequence_length(text[i]);
        if (!length || length > size - i)
            return 0;
        if (length > 1 && !is_second_good(text[i], text[i + 1]))
            return 0;
        for (size_t j = 2; j < length; j++)
            if ((text[i + j] & 0xC0) != 0x80)
                return 0;
        i += length;
    }
    return 1;
}

static struct hgc_object *make(struct hgc_runtime *rt, const char *text, size_t size) {
    struct str *s = (struct str *)object_make_sized(rt, rt->types[TYPE_STR], sizeof *s + size + 1);
    if (!s)
        return NULL;
    s->size = (uint32_t)size;
    s->hash = hash_bytes(text, size);
    memcpy(s->text, text, size);
    s->text[size] = '\0';
    return &s->head;
}

int string_init(struct hgc_runtime *rt) {
    rt->empty_str = make(rt, "", 0);
    if (!rt->empty_str)
        return -1;
    rt->empty_str->refcount = REFCOUNT_IMMORTAL;
    for (int i = 0; i < 128; i++) {
        char text = (char)i;
        if (!(rt->ascii[i] = make(rt, &text, 1)))
            return -1;
        rt->ascii[i]->refcount = REFCOUNT_IMMORTAL;
    }
    return 0;
}

struct hgc_object *hgc_str_new(struct hgc_runtime *rt, const char *utf8, size_t bytes) {
    if (bytes == 0)
        return rt->empty_str;
    if (bytes > TEXT_MAX || !is_utf8((const unsigned char *)utf8, bytes)) {
        gc_fail(rt, HEAPLINE_BAD_ARGUMENT, NULL,
                bytes > TEXT_MAX ? "the text is too long" : "the text is not UTF-8");
        return NULL;
    }
    return bytes == 1 ? rt->ascii[(unsigned char)*utf8] : make(rt, utf8, bytes);
}

const char *hgc_str_borrow(const struct hgc_object *str, size_t *bytes) {
    if (!is_type(str, TYPE_STR)) {
        gc_fail(runtime_of(str), HEAPLINE_BAD_TYPE, type_of(str)->name, "not a str");
        return NULL;
    }
    if (bytes)
        *bytes = ((const struct str *)str)->size;
    return ((const struct str *)str)->text;
}
