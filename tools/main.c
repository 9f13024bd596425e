#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include "command.h"
#include "config.h"

/* Where 0, 1 or 2 is closed, no file that we open may take its place: something does that cannot be
 * read or written there, so that who tries learns of it. Close-on-exec, so that a program that
 * `run` starts finds it closed again. */
static void hold_standard_descriptors(void) {
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null",
                 (fd ? O_RDONLY : O_WRONLY) | O_CLOEXEC); /* takes the lowest number, which is fd */
}

static const struct command *find(const char *name) {
    for (const struct command *const *c = commands; *c; c++)
        if (!strcmp((*c)->name, name))
            return *c;
    return NULL;
}

static int print_version(void) {
    puts("heapline " PACKAGE_VERSION);
    return EXIT_OK;
}

static int dispatch(int argc, char **argv) {
    if (argc < 2) {
        help_print_overview(stderr);
        return EXIT_USAGE;
    }
    if (!strcmp(argv[1], "--version"))
        return print_version();
    int wants_help = !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h");
    const struct command *command = find(wants_help ? "help" : argv[1]);
    if (!command)
        return complain(EXIT_USAGE, argv[1], "unknown command (heapline help lists them)");
    return command->main(command, argc - 1, argv + 1);
}

int main(int argc, char **argv) {
    hold_standard_descriptors();
    int status = dispatch(argc, argv);
    if ((fflush(stdout) || ferror(stdout)) && status == EXIT_OK)
        return complain(EXIT_OUTPUT, "standard output", "cannot be written");
    return status;
}
