/* The texts of enum arena_note: what a report must state beside the numbers. Static storage. */
#ifndef SNAPSHOT_NOTES_H
#define SNAPSHOT_NOTES_H

/* One sentence without a full stop, or NULL for a bit that has no text. */
const char *note_text(unsigned note);

#endif
