#include "snapshot/notes.h"
#include <stddef.h>
#include "base/arena.h"

static const char *const texts[ARENA_NOTE_COUNT] = {
    [ARENA_NOTE_SEALED_EARLY] =
        "written by the process at its exit: what ran after that is not included",
    [ARENA_NOTE_RAW_CLONE] =
        "made by a bare clone call or while tracing began: totals and peak count from that moment",
    [ARENA_NOTE_LOST_IF_KILLED] = "recorded in anonymous memory: lost if the process is killed",
    [ARENA_NOTE_NODES_FULL] = "the call tree is full: later call paths are under <not recorded>",
    [ARENA_NOTE_SECCOMP] = "the process entered seccomp: the recording grew no further after that",
    [ARENA_NOTE_NO_MEMORY] = "the recording could not grow for want of memory or space",
    [ARENA_NOTE_NO_LIBUNWIND] = "libunwind could not be loaded: some call paths end early",
    [ARENA_NOTE_STOPPED] = "stopped by the program",
    [ARENA_NOTE_OWN_ALLOCATOR] = "the program has an allocator of its own, which is not seen",
    [ARENA_NOTE_NOT_HOOKED] = "calls that get past our hooks to an allocator are not seen",
    [ARENA_NOTE_NOT_INHERITED] =
        "what was recorded before the fork is lost: the parent cleared its traces meanwhile",
};

const char *note_text(unsigned note) {
    return note < ARENA_NOTE_COUNT ? texts[note] : NULL;
}
