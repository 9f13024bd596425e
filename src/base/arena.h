/* The arena: the one shared file in which a traced process keeps everything that a snapshot needs.
 *
 * Who owns what: the traced process creates, maps and writes it (src/tracer); everybody else only
 * reads it with pread and trusts no index in it (src/snapshot/arena_read.c). It is position
 * independent (indices and offsets, no pointers) and append-only but for counters, so it stays
 * readable at any instant and after any death of its owner.
 *
 * Layout: the header page(s), then the segments at the offsets that the header names. Each segment
 * is an array; the header says that those from `first` up to `used` are valid. A writer fills an
 * element before it raises `used`. The file is sparse: its size is the ceiling, its pages what was
 * touched.
 *
 * Name: DIR/PID.RANDOM.arena; for DIR see src/snapshot/arena_directory.h.
 *
 * Who removes it: whoever has made a snapshot of it, at once: `heapline run`, `recover`, or the
 * process itself at its exit, for the images that exec replaced as well. So what is there without a
 * process is a record that nobody has yet: a replaced image waits for the last one's end, for
 * run's, or, when that was killed, for recover, which writes it under a name of its own. Nothing
 * marks it as unwanted, and a name alone does not tell a dead owner from one in another pid
 * namespace that is just starting. Therefore a process that starts removes nothing; only the user
 * does, by `heapline ps --prune`.
 *
 * The numbers are in the byte order of the machine: an arena never leaves it.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stdint.h>

#include "arch.h"

#define ARENA_MAGIC "HLARENA\n"
enum { ARENA_VERSION = 5, ARENA_SMALLEST = 256 << 10 /* bytes, where there is little room */ };

enum arena_segment {
    ARENA_NODES,
    ARENA_SITES,
    ARENA_STATS,
    ARENA_LEDGERS,
    ARENA_MODULES,
    ARENA_STRINGS,
    ARENA_TYPES,
    ARENA_DOMAINS,
    ARENA_LABELS,
    ARENA_SEGMENTS
};

/* A call-tree node: one frame of a call path. Node 0 is the root, node 1 is `<not recorded>`.
 * A parent's index is always lower than its children's. */
struct arena_node {
    uint64_t ip_module; /* bits 0-46 packed address, bit 47 ARENA_IP_EXACT, bits 48-63 module */
    uint32_t parent;
    uint32_t site; /* the untyped domain-0 site that ends here; 0: none (written once, later) */
};
#define ARENA_IP_MASK ((UINT64_C(1) << 47) - 1)
#define ARENA_IP_EXACT (UINT64_C(1) << 47) /* an interrupted pc, not a return address */
/* A code address is packed without the low bits that are always 0. */
#define ARENA_IP_PACK(ip) ((uint64_t)(ip) >> ARCH_IP_SHIFT & ARENA_IP_MASK)
#define ARENA_IP_UNPACK(packed) (((packed)&ARENA_IP_MASK) << ARCH_IP_SHIFT)
enum { ARENA_MODULE_SHIFT = 48, ARENA_NODE_ROOT = 0, ARENA_NODE_NOT_RECORDED = 1 };

/* A site: call path x domain x type. Site 0 is unused, the first one belongs to node 1. When the
 * program clears its traces, sites begin anew behind those that there were: blocks of older ones
 * are then unknown. */
struct arena_site {
    uint32_t node;
    uint32_t domain;
    uint32_t type; /* 0: untyped */
};
enum { ARENA_SITE_NONE = 0, ARENA_SITE_FIRST = 1, ARENA_SITE_MAX = (1 << 24) - 1 };

/* The counters of the site with the same index: one cache line. At-peak values are `peak_*` when
 * `epoch` equals the header's and the header's `at_peak` is 0, else they are `current_*`. What
 * ledgers hold comes on top of all but those. */
struct arena_stat {
    uint64_t current_bytes, current_count;
    uint64_t total_bytes, total_count;
    uint64_t peak_bytes, peak_count;
    uint64_t temporary;
    uint64_t epoch;
};

/* What the threads have counted by themselves: not in the site's counters yet, and not part of any
 * peak but one that is `rising`. Entry i belongs to a site with the same remainder of its index;
 * site 0: empty. */
struct arena_delta {
    uint32_t site, temporary;
    uint64_t allocated_bytes, allocated_count, freed_bytes, freed_count;
};
enum { ARENA_DELTAS = 128 };
struct arena_ledger {
    struct arena_delta delta[ARENA_DELTAS];
    uint64_t allocations, frees; /* events ever counted here, beside those in the header */
};

/* A delta on its way into the site's counters. While `active`, those are `after` and the delta is
 * nothing, whatever stands in their places: a process may be killed in between. */
struct arena_transfer {
    uint32_t active, site, ledger, delta;
    struct arena_stat after;
};

/* A mapped ELF object. Module 0 is "no module". The same object at the same address is one module
 * however often it is reloaded; another object there is another module. */
struct arena_module {
    uint64_t start, end;      /* mapped address range [start, end) */
    uint64_t bias;            /* address - bias = the file's virtual address */
    uint32_t path, path_size; /* in the string segment */
    uint8_t build_id[32];
    uint32_t build_id_size; /* 0: none; longer ones are cut at 32 */
    uint32_t flags;         /* ARENA_MODULE_* */
};
/* GIVEN, in snapshots only: its frames are the embedded ones, whatever their addresses. */
enum { ARENA_MODULE_MAIN = 1, ARENA_MODULE_GIVEN = 2 };

enum arena_end { ARENA_RUNNING, ARENA_EXITED, ARENA_REPLACED };

/* Texts lie in the string segment. Type 0 is no type. */
struct arena_type {
    uint32_t domain, name, name_size;
};
struct arena_domain {
    uint32_t id, name, name_size;
};
struct arena_label {
    uint32_t name, name_size, value, value_size;
};

/* What runtimes with a garbage collector say of themselves: how many there are, what they hold for
 * objects, and what their collections were, generation by generation. Times in nanoseconds. */
enum { ARENA_GENERATIONS = 3 };
struct arena_collections {
    uint64_t collections, collected, uncollectable, examined, nanoseconds, longest;
};
struct arena_gc {
    uint64_t runtimes, held_bytes;
    struct arena_collections generation[ARENA_GENERATIONS];
};

/* What a report must state beside the numbers; texts in src/snapshot/notes.c. Bit numbers. */
enum arena_note {
    ARENA_NOTE_SEALED_EARLY,   /* written by the process' own destructor */
    ARENA_NOTE_RAW_CLONE,      /* made by a bare clone(2): totals restart at the fork */
    ARENA_NOTE_LOST_IF_KILLED, /* the arena is anonymous memory */
    ARENA_NOTE_NODES_FULL,     /* call tree at its ceiling: new paths under <not recorded> */
    ARENA_NOTE_SECCOMP,        /* grew no further after seccomp */
    ARENA_NOTE_NO_MEMORY,      /* the arena or the block map could not grow */
    ARENA_NOTE_NO_LIBUNWIND,   /* libunwind could not be loaded: odd frames end a stack */
    ARENA_NOTE_STOPPED,        /* tracing was stopped by the program */
    ARENA_NOTE_OWN_ALLOCATOR,  /* the executable defines its own malloc */
    ARENA_NOTE_NOT_HOOKED,     /* an allocator's definitions could not be redirected */
    ARENA_NOTE_NOT_INHERITED, /* the parent forgot its traces while a forked child took them over */
    ARENA_NOTE_COUNT
};

struct arena_extent {
    uint64_t offset;   /* in the file */
    uint64_t capacity; /* bytes reserved */
    uint64_t used;     /* elements (bytes for strings) */
    uint64_t first;    /* elements before it are gone */
};

struct arena_header {
    char magic[8];
    uint32_t version, header_size;
    /* identity: pid and start_ticks survive exec, image counts the execs */
    uint64_t session;     /* of `heapline run`; 0: preloaded alone */
    uint64_t start_ticks; /* field 22 of /proc/PID/stat */
    uint64_t pid_namespace;
    uint64_t start_time, end_time; /* ns since the epoch; end 0: unknown */
    uint32_t pid, parent_pid;
    uint32_t image; /* 0: the first image of the process */
    uint32_t end;   /* enum arena_end */
    uint32_t end_status;
    uint32_t nframe;                /* HEAPLINE_NFRAME; 0: all */
    uint32_t is_child;              /* 1: of a traced process */
    uint32_t machine;               /* ELF e_machine */
    uint32_t exe, exe_size;         /* string segment: path of the executable */
    uint32_t command, command_size; /* string segment: argv, each NUL-terminated */
    uint32_t output, output_size;   /* string segment: HEAPLINE_OUTPUT; size 0: default */
    uint32_t cwd, cwd_size;         /* string segment: working directory at start */
    /* Who reads while it changes begins again: odd while traces are cleared, and 2 more each time
     * that it has been done or that texts that were replaced begin to be overwritten. */
    uint64_t era;
    struct arena_extent segment[ARENA_SEGMENTS];
    /* hot */
    _Alignas(64) uint64_t current_bytes; /* live, or granted to threads that may yet allocate it */
    uint64_t peak_bytes;
    uint64_t epoch;   /* how many peaks have ended */
    uint64_t at_peak; /* 1 while current == peak since the peak was reached */
    uint64_t rising;  /* 1: at the peak, and the ledgers hold more that belongs to it */
    uint64_t allocations, frees;
    /* warm */
    _Alignas(64) uint64_t failed;
    uint64_t threads;      /* threads seen */
    uint64_t notes;        /* bit 1 << enum arena_note */
    uint64_t tracer_bytes; /* private memory of the tracer, arena pages not included */
    uint64_t not_seen_events, truncated_stacks, guessed_frames, foreign_frees, missed_frees;
    struct arena_transfer transfer;
    struct arena_gc gc;
};

#endif
