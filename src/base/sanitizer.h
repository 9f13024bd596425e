/* Programs built with a sanitizer whose runtime is a shared library: it must be loaded before
 * everything else, and the program's memory must come from it. */
#ifndef BASE_SANITIZER_H
#define BASE_SANITIZER_H

/* 1 if the 64-bit ELF file open as `fd` asks the loader for such a runtime; whatever else it is, 0.
 * Reads only, by system calls alone; keeps errno and the file's position. */
int sanitizer_is_needed(int fd);

#endif
