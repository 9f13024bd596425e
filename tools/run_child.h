/* The program as a child process: started as if heapline were not there, waited for together with
 * the signals that concern it.
 *
 * Signals: SIGINT and SIGQUIT from the terminal reach the program by themselves and are ignored
 * here; SIGTERM and SIGHUP are forwarded; when the program stops for job control, heapline stops
 * too, so that the shell gets the terminal back, and SIGCONT goes on to the program. One child a
 * process; not thread-safe.
 */
#ifndef TOOLS_RUN_CHILD_H
#define TOOLS_RUN_CHILD_H

#include <stdint.h>
#include <sys/types.h>

struct run_child {
    pid_t pid;
    uint64_t start_ticks;
    int signals; /* signalfd */
    int ended;   /* 1: `status` is what waitpid said */
    int status;
    int stop_requested; /* a terminal's stop has been seen since the program last ran */
};

/* Starts argv[0] (by PATH) with the given environment, after `prepare` (which may be NULL) has seen
 * to it in the new process. 0, or an errno: of exec if child->pid > 0. */
typedef void run_child_prepare(char **env);
int run_child_start(struct run_child *child, char **argv, char **env, run_child_prepare *prepare);
/* How large files can be that we make beside it, in bytes. */
uint64_t run_child_file_limit(void);
/* Handles what happens within `timeout_ms` (-1: no limit), and returns then; or sooner, when the
 * descriptor `other` (-1: none) is readable. */
void run_child_wait(struct run_child *child, int timeout_ms, int other);
/* 0-255 as a shell has it: 128+n for signal n. */
int run_child_exit_status(const struct run_child *child);

#endif
