/* exec of ELF files whose headers point outside the file, and of a FIFO that nobody writes. Each
 * must fail as the kernel says. argv[1]: a directory to put them in. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arch.h"

static void execute(const char *path) {
    char *const argv[] = {(char *)path, NULL};
    errno = 0;
    execve(path, argv, environ);
    printf("errno %d\n", errno);
    fflush(stdout);
}

static void execute_bytes(const char *path, const void *bytes, size_t size) {
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0755);
    if (write(fd, bytes, size) != (ssize_t)size)
        return;
    close(fd);
    execute(path);
}

int main(int argc, char **argv) {
    static const unsigned long offsets[] = {0x8000000000000000UL, 0xffffff0000000000UL,
                                            0x100000000UL, sizeof(Elf64_Ehdr)};
    static struct {
        Elf64_Ehdr header;
        Elf64_Phdr segment;
        char rest[4096 - sizeof(Elf64_Ehdr) - sizeof(Elf64_Phdr)];
    } file = {.header = {.e_ident = ELFMAG "\2\1\1",
                         .e_type = ET_EXEC,
                         .e_machine = ARCH_MACHINE,
                         .e_phnum = 1,
                         .e_phentsize = sizeof(Elf64_Phdr)},
              .segment = {.p_type = PT_INTERP, .p_offset = 0 - (1UL << 40), .p_filesz = 1UL << 40}};
    if (argc != 2 || chdir(argv[1]) != 0)
        return 1;
    for (int i = 0; i < 4; i++) {
        file.header.e_phoff = offsets[i];
        execute_bytes("damaged", &file, sizeof file);
    }
    mkfifo("fifo", 0755);
    execute("fifo");
    return unlink("damaged") | unlink("fifo");
}
