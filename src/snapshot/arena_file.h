/* Arenas seen from outside: finding them, telling the living from the dead, reading them.
 *
 * For the tools: everything here reads with pread into private memory and needs no help from the
 * owner of the arena. A struct arena_file is the caller's storage and holds one descriptor
 * (O_CLOEXEC) from a successful open until arena_file_close. Not thread-safe for one arena_file or
 * one arena_list, otherwise safe; calls no malloc. Results are 0 or -1 with `err` set
 * (which may be NULL): HEAPLINE_IO, HEAPLINE_BAD_FILE (no arena, damaged), HEAPLINE_NEWER_FILE,
 * HEAPLINE_NO_PROCESS (nothing of that kind), HEAPLINE_NO_MEMORY.
 */
#ifndef SNAPSHOT_ARENA_FILE_H
#define SNAPSHOT_ARENA_FILE_H

#include <stdint.h>
#include <sys/types.h>
#include "base/arena.h"
#include "base/directory.h"
#include "base/text.h"
#include "heapline.h"
#include "snapshot/image.h"

enum { ARENA_NAME_MAX = 64 };

struct arena_file {
    int fd;
    dev_t device;
    ino_t inode;
    char name[ARENA_NAME_MAX]; /* in its directory, "" when attached */
    struct arena_header
        header; /* when opened or last refreshed: pid, start_ticks, session, image */
};

/* --- Names --- */

/* PID.RANDOM.arena with 16 hex digits; the pid goes to *pid, which may be NULL. 0, or -1 if it is
 * no such name. */
int arena_name_parse(const char *name, uint32_t *pid);

/* The arenas' names in a directory, in no order. Begin with {.dirfd = fd}; nothing to close. */
struct arena_list {
    int dirfd;
    struct directory directory;
};
/* The next name, valid until the next call, or NULL at the end. */
const char *arena_list_next(struct arena_list *list);

/* --- One arena --- */

/* `name` under `dirfd`, or any path with AT_FDCWD. Not through a symbolic link; the file must be
 * ours (root may read others') and begin with a sound header. */
int arena_file_open(struct arena_file *file, int dirfd, const char *name,
                    struct heapline_error *err);
/* The same for a descriptor that we hold already, a memfd; takes it over, on failure too. */
int arena_file_attach(struct arena_file *file, int fd, struct heapline_error *err);
/* Reads the header again (end, events ...). */
int arena_file_refresh(struct arena_file *file, struct heapline_error *err);
/* A text of the header, such as (exe, exe_size), NUL-terminated and cut to fit. Returns its length,
 * -1 if it cannot be read. `command` holds NULs between its words. */
ssize_t arena_file_text(const struct arena_file *file, uint32_t offset, uint32_t size, char *buf,
                        size_t buf_size);
void arena_file_close(struct arena_file *file);

/* 1: its process runs and still maps it (an image that exec replaced does not). 0: it does not.
 * -1: cannot be told, the process is in a pid namespace that we cannot see. Once 0, always 0. */
int arena_file_is_alive(const struct arena_file *file);

/* The image, cut to the nframe of its header. Of a living process: live = 1, events_during_read
 * set, end IMAGE_RUNNING, end_time now. Of a dead one that left no word: end IMAGE_ENDED, which a
 * caller that waited for the process may overwrite. */
struct image *arena_file_read(const struct arena_file *file, struct heapline_error *err);

/* Opens the living arena of process `pid` (the last image, if several), wherever it lies: by the
 * process' own mappings, in other mount and pid namespaces too, else by its directory. A
 * process that is not there or not traced is HEAPLINE_NO_PROCESS, one that we may not look at
 * HEAPLINE_IO with os_errno EACCES. */
int arena_file_find_pid(struct arena_file *file, uint32_t pid, struct heapline_error *err);
/* The same for an arena that `heapline run` lent, which is in no directory. 0, or -1: there is none
 * that we may see. */
int arena_file_find_lent(struct arena_file *file, uint32_t pid);

#endif
