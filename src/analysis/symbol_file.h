/* One ELF file on disk with whatever tells about its code: DWARF (its own or a separate debug
 * file), the ELF symbol table, minidebuginfo.
 *
 * Texts that it returns belong to it and live until symbol_file_close. Not thread-safe. The file is
 * believed only if its build-id is the one asked for.
 */
#ifndef ANALYSIS_SYMBOL_FILE_H
#define ANALYSIS_SYMBOL_FILE_H

#include <stddef.h>
#include <stdint.h>

struct symbol_file;

enum symbol_file_state {
    SYMBOL_FILE_SOUND,
    SYMBOL_FILE_NO_DEBUG, /* only ELF symbols, if any */
    SYMBOL_FILE_MISSING,
    SYMBOL_FILE_CHANGED, /* another build-id */
    SYMBOL_FILE_UNREADABLE
};

struct raw_frame {
    const char *function;  /* mangled where the language mangles; NULL: unknown */
    const char *directory; /* that a relative file may start from; NULL: none */
    const char *file;      /* NULL: unknown */
    uint32_t line, inlined;
};
struct raw_frames {
    struct raw_frame *items; /* innermost first; free() them */
    size_t count, capacity;
    int failed;
    int mangles; /* 1: of a language that mangles names */
};

/* NULL only for want of memory; a file that cannot be used has a state that says so. */
struct symbol_file *symbol_file_open(const char *path, const uint8_t *build_id,
                                     size_t build_id_size);
enum symbol_file_state symbol_file_state(const struct symbol_file *file);
/* Of the separate debug file; NULL: none. */
const char *symbol_file_debug_path(const struct symbol_file *file);
/* 1: all that it tells comes from the file and its debug file, and nothing of that was lost. */
int symbol_file_is_whole(const struct symbol_file *file);
/* The frames at a virtual address of the file by its DWARF; none: count is 0. */
void symbol_file_frames(struct symbol_file *file, uint64_t vaddr, struct raw_frames *out);
/* The ELF symbol around a virtual address, *start its own; NULL: none. */
const char *symbol_file_symbol(struct symbol_file *file, uint64_t vaddr, uint64_t *start);
void symbol_file_close(struct symbol_file *file);

#endif
