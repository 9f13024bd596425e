#define HEAPLINE_OPTIONAL
#include "gc/publish.h"
#include <dlfcn.h>
#include "base/text.h"
#include "gc/check.h"
#include "gc/pages.h"
#include "gc/slab.h"
#include "heapline_snapshot.h"

#pragma weak heapline_private_objects

/* What has been found out about an address. */
enum { PLACE_TEXT = 248, PLACES = 61, PATH_FRAMES = 64 };
struct place {
    uintptr_t address;
    char text[PLACE_TEXT];
};

int publish_is_wanted(void) {
    return heapline_private_objects != NULL;
}

void publish_begin(struct hgc_runtime *rt) {
    if (!publish_is_wanted())
        return;
    rt->publisher = heapline_private_objects();
    rt->publisher->runtimes(1);
}

void publish_end(struct hgc_runtime *rt) {
    if (rt->places)
        pages_free(rt->places, PLACES * sizeof(struct place));
    if (rt->publisher)
        rt->publisher->runtimes(-1);
}

void publish_held(int64_t bytes) {
    if (publish_is_wanted())
        heapline_private_objects()->holds(bytes);
}

static uint32_t *trace_of(const struct hgc_object *o) {
    return (uint32_t *)gc_reserve.traces + ((uintptr_t)o >> RESERVE_GRANULE_SHIFT);
}

static size_t size_of(const struct hgc_object *o) {
    return slab_slot_bytes(slab_of(o));
}

/* Types are told of when their first object is made. */
struct hgc_object *publish_birth_now(struct hgc_runtime *rt, struct hgc_object *o) {
    struct hgc_type *type = rt->types[o->type];
    if (unlikely(!type->published))
        type->published = rt->publisher->type(type->name);
    *trace_of(o) = rt->publisher->born((uintptr_t)o, size_of(o), type->published);
    return o;
}

void publish_death_now(struct hgc_runtime *rt, struct hgc_object *o) {
    uint32_t trace = *trace_of(o);
    if (trace)
        rt->publisher->died(trace, (uintptr_t)o, size_of(o));
}

void publish_resize(struct hgc_runtime *rt, const struct hgc_object *o, int64_t bytes) {
    uint32_t trace = *trace_of(o);
    if (trace)
        rt->publisher->resized(trace, bytes);
}

/* --- reading it back --- */

int hgc_get_object_traceback(const struct hgc_object *o, uintptr_t *address, int max,
                             int *total_nframe) {
    const struct hgc_runtime *rt = runtime_of(o);
    check_owner(rt);
    uint32_t trace = rt->publisher ? *trace_of(o) : 0;
    if (trace)
        return rt->publisher->traceback(trace, address, max, total_nframe);
    if (total_nframe)
        *total_nframe = 0;
    return 0;
}

/* --- in words --- */

/* libheapline-snapshot knows lines, if it is in the process. */
static int describe_line(struct text *t, const uintptr_t *path, int count) {
    const struct heapline_trace *trace;
    struct heapline_snapshot *s = heapline_symbolize ? heapline_symbolize(path, count, NULL) : NULL;
    if (!s)
        return 0;
    if (heapline_snapshot_traces(s, &trace) && trace->traceback.nframe) {
        const struct heapline_frame *f = &trace->traceback.frames[trace->traceback.nframe - 1];
        text_string(t, f->file);
        text_string(t, ":");
        text_decimal(t, (uint64_t)f->line);
    }
    heapline_snapshot_free(s);
    return t->length > 0;
}

/* The loader knows functions: MODULE(FUNCTION+0x1a). */
static void describe_address(struct text *t, uintptr_t address) {
    Dl_info info = {.dli_fname = NULL};
    dladdr((void *)(address - 1), &info);
    uintptr_t base = (uintptr_t)(info.dli_sname ? info.dli_saddr : info.dli_fbase);
    text_string(t, info.dli_fname ? info.dli_fname : "<unknown>");
    text_string(t, info.dli_sname ? "(" : "");
    text_string(t, info.dli_sname ? info.dli_sname : "");
    text_string(t, "+0x");
    text_hex(t, address - base);
    text_string(t, info.dli_sname ? ")" : "");
}

static struct place *place_of(struct hgc_runtime *rt, uintptr_t address) {
    if (!rt->places)
        rt->places = pages_alloc(PLACES * sizeof(struct place));
    return rt->places ? &rt->places[address % PLACES] : NULL;
}

const char *publish_creation(struct hgc_runtime *rt, const struct hgc_object *o) {
    uintptr_t path[PATH_FRAMES];
    int count = hgc_get_object_traceback(o, path, PATH_FRAMES, NULL);
    struct place *place = count ? place_of(rt, path[0]) : NULL;
    struct text t;
    if (!place)
        return NULL;
    if (place->address == path[0])
        return place->text;
    text_init(&t, place->text, sizeof place->text);
    if (!describe_line(&t, path, count))
        describe_address(&t, path[0]);
    place->address = path[0];
    return place->text;
}
