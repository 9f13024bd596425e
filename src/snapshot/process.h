/* What /proc tells about another process. No state; calls no malloc; what cannot be read is 0 or
 * -errno. */
#ifndef SNAPSHOT_PROCESS_H
#define SNAPSHOT_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/* Field 22 of /proc/PID/stat: with the pid the identity of a process. 0: no such process. */
uint64_t process_start_ticks(uint32_t pid);
/* The inode of its pid namespace; pid 0 is the caller. 0: unknown. */
uint64_t process_pid_namespace(uint32_t pid);

/* Calls `visit` with each file-backed mapping until it returns non-zero, which is the result; 0 at
 * the end, -errno if they cannot be read. A process whose main thread has ended is asked through
 * another. `path` is valid during the call. */
typedef int process_visit(void *context, dev_t device, ino_t inode, const char *path);
int process_each_mapping(uint32_t pid, process_visit *visit, void *context);

#endif
