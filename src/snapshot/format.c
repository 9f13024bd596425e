#include "snapshot/format.h"
#include "snapshot/image.h"

const uint32_t format_tags[FORMAT_SECTIONS] = {
    [FORMAT_STRINGS] = FORMAT_TAG('S', 'T', 'R', 'S'),
    [FORMAT_PROCESS] = FORMAT_TAG('P', 'R', 'O', 'C'),
    [FORMAT_COMMAND] = FORMAT_TAG('A', 'R', 'G', 'V'),
    [FORMAT_MODULES] = FORMAT_TAG('M', 'O', 'D', 'S'),
    [FORMAT_NODES] = FORMAT_TAG('N', 'O', 'D', 'E'),
    [FORMAT_TYPES] = FORMAT_TAG('T', 'Y', 'P', 'E'),
    [FORMAT_DOMAINS] = FORMAT_TAG('D', 'O', 'M', 'S'),
    [FORMAT_SITES] = FORMAT_TAG('S', 'I', 'T', 'E'),
    [FORMAT_SYMBOLS] = FORMAT_TAG('s', 'y', 'm', 'b'),
    [FORMAT_CUTS] = FORMAT_TAG('c', 'u', 't', 's'),
    [FORMAT_BLOCKS] = FORMAT_TAG('b', 'l', 'k', 's'),
    [FORMAT_LABELS] = FORMAT_TAG('l', 'a', 'b', 'l'),
    [FORMAT_COLLECTOR] = FORMAT_TAG('g', 'c', 'o', 'l'),
};

#define U32(name) \
    { offsetof(struct image, name), FORMAT_U32 }
#define U64(name) \
    { offsetof(struct image, name), FORMAT_U64 }
#define TEXT(name) \
    { offsetof(struct image, name), FORMAT_TEXT }

/* The order is the format: append only. */
const struct format_field format_fields[FORMAT_FIELDS] = {
    U32(pid),
    U32(parent_pid),
    U32(image),
    U32(is_child),
    U32(machine),
    U32(end),
    U32(end_status),
    U64(session),
    U64(start_ticks),
    U64(start_time),
    U64(end_time),
    TEXT(exe),
    TEXT(cwd),
    TEXT(output),
    U32(nframe),
    U64(frees),
    U64(failed),
    U64(threads),
    U64(tracer_bytes),
    U64(notes),
    U64(not_seen_events),
    U64(truncated_stacks),
    U64(guessed_frames),
    U64(foreign_frees),
    U64(missed_frees),
    U32(live),
    U64(events_during_read),
};
