/* The runtime: types, classes, and what collections tell. */
#include <stddef.h>
#include "work.h"

enum { PAUSE = 100 }; /* microseconds */

struct hgc_runtime *peer_runtime;
struct hgc_type *peer_types[4];
ref peer_classes[3];
long peer_events;

static const uint16_t fields[] = {offsetof(struct node, fields[0]),
                                  offsetof(struct node, fields[1])};

static int finalize(struct hgc_runtime *rt, ref self) {
    (void)rt, (void)self;
    peer_events++;
    return 0;
}

static struct hgc_type *node_type(unsigned flags, int (*finalizer)(struct hgc_runtime *, ref)) {
    struct hgc_type_spec spec = {.name = "node",
                                 .size = sizeof(struct node),
                                 .flags = HGC_TYPE_GC | flags,
                                 .fields = fields,
                                 .nfields = 2,
                                 .finalize = finalizer};
    return hgc_type_new(peer_runtime, &spec);
}

void peer_start(void) {
    static const char *const slots[] = {"a", "b"};
    peer_runtime = hgc_runtime_new(NULL);
    if (!peer_runtime)
        abort();
    peer_types[PLAIN] = peer_types[ACCOMPANIED] = node_type(0, NULL);
    peer_types[FINALIZED] = node_type(0, finalize);
    peer_types[WATCHED] = node_type(HGC_TYPE_WEAKREFS, NULL);
    peer_classes[0] = hgc_class_new(peer_runtime, "slots", NULL, slots, 2, NULL);
    peer_classes[1] = peer_classes[0];
    peer_classes[2] = hgc_class_new(peer_runtime, "open", NULL, NULL, 0, NULL);
}

static int node_died(struct hgc_runtime *rt, ref weakref, void *arg) {
    (void)rt, (void)arg;
    peer_events++;
    hgc_decref(weakref);
    return 0;
}

static void watch_node(ref node) {
    if (!hgc_weakref_new(peer_runtime, node, node_died, NULL))
        abort();
}

/* Held here: a field that leads to it would be work. */
enum { COMPANIONS_MAX = 1 << 20, WEAKREF_BYTES = 48 };
static ref companions[COMPANIONS_MAX];
static long companion_count;

static void add_companion(void) {
    static struct hgc_type *type;
    struct hgc_type_spec spec = {.name = "companion", .size = WEAKREF_BYTES, .flags = HGC_TYPE_GC};
    if (!type && !(type = hgc_type_new(peer_runtime, &spec)))
        abort();
    if (companion_count == COMPANIONS_MAX ||
        !(companions[companion_count++] = hgc_new(peer_runtime, type)))
        abort();
}

void peer_add_to_node(ref node, enum kind kind) {
    if (kind == WATCHED)
        watch_node(node);
    else
        add_companion();
}

void companions_drop(void) {
    while (companion_count)
        hgc_decref(companions[--companion_count]);
}

void gc_enable(int on) {
    if (on)
        hgc_enable(peer_runtime);
    else
        hgc_disable(peer_runtime);
}

long gc_collect(void) {
    return hgc_collect(peer_runtime, 2);
}

long gc_total(void) {
    struct hgc_stats stats[3];
    hgc_get_stats(peer_runtime, stats);
    return (long)(stats[0].collected + stats[1].collected + stats[2].collected);
}

void gc_forget(void) {
    hgc_freeze(peer_runtime);
    hgc_unfreeze(peer_runtime);
}

void gc_slice(void) {
    hgc_set_pause(peer_runtime, PAUSE);
}

static void (*watcher)(int stop, int generation);

static int tell(struct hgc_runtime *rt, int stop, const struct hgc_info *info, void *arg) {
    (void)rt, (void)arg;
    watcher(stop, info->generation);
    return 0;
}

void gc_watch(void (*fn)(int stop, int generation)) {
    watcher = fn;
    hgc_add_callback(peer_runtime, tell, NULL);
}
