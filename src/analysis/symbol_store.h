/* What was found out about a file's addresses, kept for the next command: a directory of snapshot
 * files (heapline-snapshot(5)) that hold symbols alone, one for each binary, and as labels what the
 * symbols depend on. They are believed only while all of that is as it was.
 *
 * The directory is to be the user's own. It is made when the first file is; what cannot be read or
 * written is as if it were not there.
 */
#ifndef ANALYSIS_SYMBOL_STORE_H
#define ANALYSIS_SYMBOL_STORE_H

#include "analysis/file_version.h"
#include "analysis/known_symbols.h"
#include "analysis/symbol_file.h"

enum { SYMBOL_STORE_FILES = 4096, SYMBOL_STORE_BYTES = 64 << 20 };
#define SYMBOL_STORE_SUFFIX ".symbols"

/* What symbols depend on. */
struct symbol_source {
    const char *module; /* path, as the program has it */
    const uint8_t *build_id;
    size_t build_id_size;
    struct file_version version;
    enum symbol_file_state state;
    const char *debug_path; /* NULL: none */
    struct file_version debug_version;
};

/* `source` comes without state and debug file; 1: `known` is filled, `state` set, and `debug_path`,
 * which the caller frees, where there is one; 0: nothing is known. */
int symbol_store_load(const char *directory, const struct symbol_source *source,
                      struct known_symbols *known, enum symbol_file_state *state,
                      char **debug_path);
void symbol_store_save(const char *directory, const struct symbol_source *source,
                       const struct known_symbols *known);
/* Keeps as many files and bytes on disk, those used last; a file that is larger than that goes. */
void symbol_store_trim(const char *directory, size_t files, uint64_t bytes);

#endif
