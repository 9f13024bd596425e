/* One process image's allocations, decoded: what every report is computed from.
 *
 * An image owns everything that it points to and is immutable once made, so any thread may read it.
 * All of its memory is one pool of private mappings (src/base/pool.h), never malloc, since the
 * traced process' own destructor makes one too; image_free gives it back.
 * Made by image_from_arena (a live, dead or own arena) or image_decode (a snapshot file).
 */
#ifndef SNAPSHOT_IMAGE_H
#define SNAPSHOT_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/pool.h"
#include "heapline.h"

struct image_module {
    const char *path; /* as the loader knows it; absolute for the main program */
    uint64_t start, end, bias;
    const uint8_t *build_id;
    uint32_t build_id_size;
    uint32_t flags; /* ARENA_MODULE_* */
};

struct image_node { /* parent < own index; 0 is the root, 1 is <not recorded> */
    uint64_t ip;
    uint32_t parent;
    uint16_t module; /* 0: none */
    uint16_t exact;  /* 1: an interrupted pc, else a return address */
};

/* `cut`: how many frames the whole path has beyond those of its node, because of a limit (the most,
 * where it merged several); IMAGE_CUT_UNKNOWN where nobody said. */
struct image_site {
    uint32_t node, domain, type;
    int32_t cut;
    struct heapline_count current, peak, total; /* peak: at the moment of the global peak */
    uint64_t temporary;
};

#define IMAGE_CUT_UNKNOWN INT32_MIN

struct image_block { /* a live block of a site */
    uint64_t address, size;
    uint32_t site; /* index in `sites` */
};

struct image_label { /* what the program says of itself */
    const char *name, *value;
};

/* Embedded symbols: what one (module, ip, exact) resolves to, innermost inlined frame first. */
struct image_frame {
    const char *function, *file; /* NULL: unknown */
    uint32_t line;               /* 0: unknown */
    uint32_t inlined;            /* 1: inlined into the next */
};
struct image_symbol { /* sorted by (module, ip, exact) */
    uint64_t ip;
    uint16_t module, exact;
    uint32_t frame_count;
    const struct image_frame *frames;
};

enum image_end {
    IMAGE_RUNNING,
    IMAGE_EXITED,
    IMAGE_SIGNALED,
    IMAGE_REPLACED,
    IMAGE_ENDED /* how is unknown */
};

struct image {
    struct pool pool;
    /* process */
    uint32_t pid, parent_pid, image, is_child, machine;
    uint32_t end, end_status; /* enum image_end; exit code or signal number */
    uint64_t session, start_ticks;
    uint64_t start_time, end_time;  /* ns since the epoch, end_time: of this snapshot */
    const char *exe, *cwd, *output; /* output: the pattern, "" for the default */
    const char *const *command;
    uint32_t command_count;
    /* recording */
    uint32_t nframe;
    uint64_t frees, failed, threads, tracer_bytes;
    uint64_t notes; /* 1 << enum arena_note */
    uint64_t not_seen_events, truncated_stacks, guessed_frames, foreign_frees, missed_frees;
    int live;                    /* made from a process that was running */
    uint64_t events_during_read; /* when live */
    /* data */
    struct image_module *modules; /* [0] is empty */
    struct image_node *nodes;
    struct image_site *sites; /* only those with total.count > 0; dense, from index 0 */
    struct image_symbol *symbols;
    uint32_t module_count, node_count, site_count, symbol_count;
    const char *const *types;        /* [id]; [0] is NULL */
    const char *const *domain_names; /* parallel to domain_ids */
    const uint32_t *domain_ids;
    uint32_t type_count, domain_count;
    struct image_block *blocks; /* every live block, if has_blocks */
    struct image_label *labels; /* names differ */
    uint32_t block_count, label_count;
    int has_blocks;
    struct arena_gc gc; /* of runtimes with a garbage collector */
};

/* A copy of a whole arena in private memory (or the owner's own mapping) becomes an image, cut to
 * `nframe` innermost frames (0: all). Every index is checked: a damaged arena is an error
 * (HEAPLINE_BAD_FILE), never a crash. NULL on error. */
struct image *image_from_arena(const void *arena, size_t size, uint32_t nframe,
                               struct heapline_error *err);
/* The same with the live blocks, which the owner of the arena knows: `site` is the arena's. They
 * are copied; those of sites that the image has not are left out. */
struct image *image_from_arena_with_blocks(const void *arena, size_t size, uint32_t nframe,
                                           const struct image_block *blocks, uint32_t block_count,
                                           struct heapline_error *err);
/* A snapshot file's bytes become an image. NULL: HEAPLINE_BAD_FILE, HEAPLINE_NEWER_FILE,
 * HEAPLINE_NO_MEMORY. The bytes may be freed afterwards. */
struct image *image_decode(const void *bytes, size_t size, struct heapline_error *err);
/* A snapshot file, which may be a pipe, as an image. HEAPLINE_IO: it cannot be read; else as
 * image_decode. The message names the file. */
struct image *image_load(const char *path, struct heapline_error *err);
/* The image as a snapshot file's bytes, in a mapping that the caller releases with buffer_fini. */
struct buffer;
int image_encode(const struct image *image, struct buffer *out, struct heapline_error *err);
void image_free(struct image *image);

/* Sums over the sites of `domain` (or of all, any_domain = 1). failed is malloc's; frees are not
 * counted domain by domain: in one, what was allocated and is not live was freed. */
void image_totals(const struct image *image, int any_domain, uint32_t domain,
                  struct heapline_totals *out);
/* 1 if the process had a runtime with a garbage collector. */
int image_has_gc(const struct image *image);

#endif
