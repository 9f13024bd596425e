#include <inttypes.h>
#include "analysis/report_rows.h"
#include "snapshot/notes.h"

static void put_part(FILE *out, int *count, uint64_t n, const char *one, const char *many) {
    if (n)
        fprintf(out, "%s%" PRIu64 " %s", (*count)++ ? ", " : "not seen: ", n, n == 1 ? one : many);
}

void report_print_not_seen(FILE *out, const struct image *image) {
    int count = 0;
    put_part(out, &count, image->not_seen_events, "event", "events");
    put_part(out, &count, image->truncated_stacks, "stack cut short", "stacks cut short");
    put_part(out, &count, image->guessed_frames, "frame guessed", "frames guessed");
    put_part(out, &count, image->foreign_frees, "free of an unknown block",
             "frees of unknown blocks");
    put_part(out, &count, image->missed_frees, "free missed", "frees missed");
    if (count)
        putc('\n', out);
    for (unsigned note = 0; note < 64; note++)
        if (image->notes >> note & 1 && note_text(note))
            fprintf(out, "note: %s\n", note_text(note));
}
