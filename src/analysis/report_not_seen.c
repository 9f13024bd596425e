#include <inttypes.h>
#include "analysis/report_rows.h"
#include "snapshot/notes.h"

static const struct part {
    size_t offset; /* in struct image */
    const char *one, *many;
} parts[] = {
    {offsetof(struct image, not_seen_events), "event", "events"},
    {offsetof(struct image, truncated_stacks), "stack cut short", "stacks cut short"},
    {offsetof(struct image, guessed_frames), "frame guessed", "frames guessed"},
    {offsetof(struct image, foreign_frees), "free of an unknown block", "frees of unknown blocks"},
    {offsetof(struct image, missed_frees), "free missed", "frees missed"},
};
enum { PARTS = sizeof parts / sizeof *parts };

static uint64_t number_of(const struct image *image, const struct part *part) {
    return *(const uint64_t *)((const char *)image + part->offset);
}

static void put_numbers(FILE *out, const char *whose, const struct image *image) {
    int count = 0;
    for (const struct part *part = parts; part < parts + PARTS; part++) {
        uint64_t n = number_of(image, part);
        if (!n)
            continue;
        fputs(count++ ? ", " : whose, out);
        fprintf(out, "%s%" PRIu64 " %s", count == 1 ? "not seen: " : "", n,
                n == 1 ? part->one : part->many);
    }
    if (count)
        putc('\n', out);
}

static void put_notes(FILE *out, const char *whose, uint64_t notes) {
    for (unsigned note = 0; note < 64; note++)
        if (notes >> note & 1 && note_text(note))
            fprintf(out, "%snote: %s\n", whose, note_text(note));
}

void report_print_not_seen(FILE *out, const struct image *image) {
    put_numbers(out, "", image);
    put_notes(out, "", image->notes);
}

static int has_same_numbers(const struct image *a, const struct image *b) {
    int same = 1;
    for (const struct part *part = parts; part < parts + PARTS; part++)
        same &= number_of(a, part) == number_of(b, part);
    return same;
}

void report_put_not_seen_of_both(FILE *out, const struct image *old, const struct image *new) {
    int same = has_same_numbers(old, new);
    put_numbers(out, same ? "" : "OLD: ", old);
    if (!same)
        put_numbers(out, "NEW: ", new);
    put_notes(out, "", old->notes & new->notes);
    put_notes(out, "OLD: ", old->notes & ~new->notes);
    put_notes(out, "NEW: ", new->notes & ~old->notes);
}
