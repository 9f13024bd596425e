#include "gc/generator.h"
#include "gc/check.h"
#include "gc/death.h"
#include "gc/iterator.h"
#include "gc/object.h"
#include "heapline_objects.h"

static int close_suspended(struct hgc_runtime *rt, struct hgc_object *self) {
    (void)rt;
    return ((struct generator *)self)->state == GENERATOR_SUSPENDED ? hgc_close(self) : 0;
}

const struct hgc_type generator_type = {.name = "generator",
                                        .kind = KIND_GENERATOR,
                                        .cyclic = 1,
                                        .weakrefs = 1,
                                        .hidden = offsetof(struct generator, hidden),
                                        .finalize = close_suspended};

struct hgc_object *hgc_generator_new(struct hgc_runtime *rt, const struct hgc_generator_spec *spec,
                                     void **frame) {
    check_owner(rt);
    for (size_t i = 0; i < spec->nfields; i++)
        if (spec->fields[i] % 8 || spec->fields[i] + sizeof(void *) > spec->frame_size) {
            gc_fail(rt, HEAPLINE_BAD_ARGUMENT, spec->name, "a field lies outside of the frame");
            return NULL;
        }
    struct generator *g = (struct generator *)object_make_sized(rt, rt->types[TYPE_GENERATOR],
                                                                sizeof *g + spec->frame_size);
    if (!g)
        return NULL;
    g->spec = spec;
    g->state = GENERATOR_FRESH;
    memset(g->frame, 0, spec->frame_size);
    if (frame)
        *frame = g->frame;
    return &g->head;
}

static int end(struct generator *g, int result) {
    g->state = GENERATOR_ENDED;
    death_release_children(&g->head, type_of(&g->head));
    return result;
}

/* Runs the body; what it may not do is an error. */
static int run(struct hgc_runtime *rt, struct generator *g, int how, struct hgc_object *sent,
               struct hgc_object **out) {
    g->state = GENERATOR_RUNNING;
    int result = g->spec->resume(rt, &g->head, g->frame, how, sent, out);
    if (result <= 0) {
        if (result < 0)
            *out = NULL;
        return end(g, result);
    }
    g->state = GENERATOR_SUSPENDED;
    if (how != HGC_CLOSE)
        return 1;
    hgc_decref(*out);
    *out = NULL;
    return gc_fail(rt, HEAPLINE_BAD_STATE, g->spec->name,
                   "the generator yields instead of closing");
}

/* When nothing needs to run: 0, or -1 and an error; 1: run the body. */
static int may_run(struct hgc_runtime *rt, struct generator *g, int how,
                   const struct hgc_object *sent) {
    if (g->state == GENERATOR_RUNNING)
        return gc_fail(rt, HEAPLINE_BAD_STATE, g->spec->name, "the generator is running already");
    if (g->state == GENERATOR_FRESH && how == HGC_CLOSE)
        return end(g, 0);
    if (g->state == GENERATOR_FRESH && sent && sent != rt->none)
        return gc_fail(rt, HEAPLINE_BAD_STATE, g->spec->name, "the generator has not started");
    return g->state != GENERATOR_ENDED;
}

int generator_resume(struct hgc_object *o, int how, struct hgc_object *sent,
                     struct hgc_object **out) {
    struct hgc_runtime *rt = runtime_of(o);
    struct generator *g = (struct generator *)o;
    check_owner(rt);
    *out = NULL;
    hgc_incref(o);
    int result = may_run(rt, g, how, sent);
    if (result > 0)
        result = run(rt, g, how, sent, out);
    hgc_decref(o);
    return result;
}

static int is_not(const struct hgc_object *o, const char *what) {
    return gc_fail(runtime_of(o), HEAPLINE_BAD_TYPE, type_of(o)->name, what);
}

int hgc_next(struct hgc_object *iterator, struct hgc_object **out) {
    *out = NULL;
    if (is_type(iterator, TYPE_ITERATOR))
        return iterator_next(iterator, out);
    return is_type(iterator, TYPE_GENERATOR) ? generator_resume(iterator, HGC_NEXT, NULL, out)
                                             : is_not(iterator, "not an iterator");
}

int hgc_send(struct hgc_object *generator, struct hgc_object *value, struct hgc_object **out) {
    *out = NULL;
    return is_type(generator, TYPE_GENERATOR) ? generator_resume(generator, HGC_SEND, value, out)
                                              : is_not(generator, "not a generator");
}

int hgc_close(struct hgc_object *generator) {
    if (!is_type(generator, TYPE_GENERATOR))
        return is_not(generator, "not a generator");
    struct hgc_object *returned = NULL;
    int result = generator_resume(generator, HGC_CLOSE, NULL, &returned);
    hgc_decref(returned);
    return result;
}
