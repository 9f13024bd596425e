/* The facts about runtimes with a garbage collector. */
#include <inttypes.h>
#include "analysis/report_rows.h"
#include "analysis/size_text.h"

static struct heapline_totals objects_of(const struct image *image) {
    struct heapline_totals totals;
    image_totals(image, 0, HEAPLINE_DOMAIN_OBJECTS, &totals);
    return totals;
}

static void put_generation(struct json *j, const struct arena_collections *c) {
    json_open(j, NULL, '{');
    json_number(j, "collections", c->collections);
    json_number(j, "collected", c->collected);
    json_number(j, "uncollectable", c->uncollectable);
    json_number(j, "examined", c->examined);
    json_seconds(j, "seconds", c->nanoseconds);
    json_seconds(j, "longest", c->longest);
    json_close(j, '}');
}

void report_json_gc(struct json *j, const struct image *image) {
    struct heapline_totals objects = objects_of(image);
    if (!image_has_gc(image)) {
        json_null(j, "gc");
        return;
    }
    json_open(j, "gc", '{');
    json_number(j, "runtimes", image->gc.runtimes);
    report_json_count(j, "objects", &objects.current);
    json_number(j, "held", image->gc.held_bytes);
    json_open(j, "generations", '[');
    for (int i = 0; i < ARENA_GENERATIONS; i++)
        put_generation(j, &image->gc.generation[i]);
    json_close(j, ']');
    json_close(j, '}');
}

static void put_generation_text(FILE *out, int generation, const struct arena_collections *c) {
    fprintf(out,
            "gc %d       collections %" PRIu64 ", collected %" PRIu64 ", uncollectable %" PRIu64
            ", %" PRIu64 " us, the longest %" PRIu64 " us\n",
            generation, c->collections, c->collected, c->uncollectable, c->nanoseconds / 1000,
            c->longest / 1000);
}

void report_put_gc(FILE *out, const struct image *image) {
    struct heapline_totals objects = objects_of(image);
    char size[SIZE_TEXT_MAX], held[SIZE_TEXT_MAX];
    if (!image_has_gc(image))
        return;
    fprintf(out,
            "objects    %s in %" PRIu64 " objects, %s held for them by %" PRIu64 " runtime%s\n",
            size_text(size, (double)objects.current.bytes, 0), objects.current.count,
            size_text(held, (double)image->gc.held_bytes, 0), image->gc.runtimes,
            image->gc.runtimes == 1 ? "" : "s");
    for (int i = 0; i < ARENA_GENERATIONS; i++)
        put_generation_text(out, i, &image->gc.generation[i]);
}
