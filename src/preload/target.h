/* Can a program that is about to be executed load us? If the loader could not, or a sanitizer's
 * runtime would find us before it, that would complain on the program's own stderr, so the exec
 * hooks then take our entry out of LD_PRELOAD. Calls no malloc (vfork children come here), keeps
 * errno. */
#ifndef PRELOAD_TARGET_H
#define PRELOAD_TARGET_H

/* The entry of LD_PRELOAD that loaded us. Once, at start-up. */
void target_init(void);
/* 1 if a file executed with `envp` can load us, or ignores us silently. */
int target_can_load_us(const char *path, char *const envp[]);
/* The same for a name that is searched for in PATH. */
int target_found_can_load_us(const char *file, char *const envp[]);
int target_fd_can_load_us(int fd, char *const envp[]);

/* Environments are rewritten in the caller's memory: how many bytes that needs, and doing it. */
unsigned long target_environment_size(char *const envp[]);
char **target_environment_without_us(char *const envp[], void *memory);

#endif
