/* Executes with environments that cannot be read, or not to their end. Prints what comes of it,
 * which is the kernel's to say. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PAGE = 4096 };

static char program[] = "/bin/true", name[] = "true";
static char *const arguments[] = {name, NULL};

static void try_all(const char *what, char *const envp[]) {
    int results[4];
    pid_t pid;
    execve(program, arguments, envp);
    results[0] = errno;
    execvpe(name, arguments, envp);
    results[1] = errno;
    fexecve(open(program, O_RDONLY | O_CLOEXEC), arguments, envp);
    results[2] = errno;
    results[3] = posix_spawn(&pid, program, NULL, NULL, arguments, envp);
    printf("%s: errno %d %d %d %d\n", what, results[0], results[1], results[2], results[3]);
    fflush(stdout);
}

/* Two pages, of which the second cannot be read. */
static char *half(void) {
    char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED || mprotect(pages + PAGE, PAGE, PROT_NONE) != 0)
        exit(77);
    return pages;
}

/* Ours comes first, if there is one. */
static char *preload(void) {
    static char unset[] = "NOTHING=";
    for (char **e = environ; *e != NULL; e++)
        if (strncmp(*e, "LD_PRELOAD=", 11) == 0)
            return *e;
    return unset;
}

int main(void) {
    char *end = half() + PAGE, *text = memset(half(), 'x', PAGE);
    char **open_end = (char **)half() + PAGE / sizeof(char *) - 2;
    open_end[0] = open_end[1] = preload();
    try_all("the array", (char *const *)end);
    try_all("an array without an end", open_end);
    try_all("a string", (char *const[]){preload(), end, NULL});
    try_all("a string without an end", (char *const[]){preload(), text, NULL});
    try_all("a string in the first page", (char *const[]){preload(), (char *)8, NULL});
    return 0;
}
