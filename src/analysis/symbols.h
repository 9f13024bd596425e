/* What the addresses of an image mean: functions, files and lines, inlined frames expanded.
 *
 * A struct symbols borrows its image, its interner, its wrapper list and its cache of files and
 * owns the rest (symbols_free). Each distinct address is resolved once, when first asked for.
 * Frames live as long as their struct symbols, their texts as long as the interner's pool. Not
 * thread-safe.
 */
#ifndef ANALYSIS_SYMBOLS_H
#define ANALYSIS_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>
#include "analysis/intern.h"
#include "analysis/symbol_cache.h"
#include "analysis/wrappers.h"
#include "snapshot/image.h"

struct symbol_frame {
    const char *file;     /* never NULL: without debug information MODULE(FUNCTION+0x1a),
                             MODULE+0x1234 or <unknown> */
    const char *function; /* demangled; NULL: unknown */
    const char *module;   /* path; NULL: none */
    uint32_t line;        /* 0: unknown */
    uint8_t inlined;      /* 1: inlined into the next frame */
    uint8_t located;      /* 1: `file` is a source file */
    uint8_t wrapper;      /* enum wrapper_kind */
};

/* Called for every address resolved: `resolved` of at most `total`; and with total 0 when there are
 * no more to come, before anything is printed. */
typedef void symbols_progress(void *context, size_t resolved, size_t total);

struct symbols_options {
    struct wrapper_list wrappers;
    struct symbol_cache *files; /* shared with other images; NULL: none are */
    int debuginfod;             /* 1: libdw may download debug files as DEBUGINFOD_URLS says */
    symbols_progress *progress; /* may be NULL */
    void *progress_context;
};

struct symbols;

/* Without `debuginfod`, DEBUGINFOD_URLS is removed from the caller's environment, the only switch
 * that libdw has. `options` may be NULL. NULL: no memory. */
struct symbols *symbols_new(const struct image *image, struct intern *texts,
                            const struct symbols_options *options, struct heapline_error *err);
const struct image *symbols_image(const struct symbols *symbols);
/* The frames of one call-tree node, at least one, innermost first. */
size_t symbols_frames(struct symbols *symbols, uint32_t node, const struct symbol_frame **frames);
/* Nodes of one address are one place, and have the same frames: a dense number. */
uint32_t symbols_place(const struct symbols *symbols, uint32_t node);
uint32_t symbols_place_count(const struct symbols *symbols);

/* Frames as an image keeps them, in `pool`; their texts are those of `frames`. NULL: no memory. */
struct image_frame *symbols_keep(struct pool *pool, const struct symbol_frame *frames,
                                 size_t count);

/* Says that the frames of a node stand for a row, so that a line that is missing matters. */
void symbols_want_line(struct symbols *symbols, uint32_t node);
/* Why lines that were wanted are missing: a module, and "no debug information", "file is missing"
 * ... The texts are static or the image's. Begin with *at = 0; 0 at the end. */
int symbols_next_problem(const struct symbols *symbols, uint32_t *at, const char **module,
                         const char **problem);
/* 1 when memory was short and some frame is not what it should be. */
int symbols_failed(const struct symbols *symbols);
void symbols_free(struct symbols *symbols);

/* Resolves the image's addresses, those next to an allocation first, until all are done or
 * budget_ms (0: no limit) is over, and replaces image->symbols by what was found. `files` may be
 * NULL. Returns 0 when all were looked at, 1 when time was up, -1 on error. */
int symbols_embed(struct image *image, struct symbol_cache *files, unsigned budget_ms,
                  symbols_progress *progress, void *progress_context, struct heapline_error *err);

#endif
