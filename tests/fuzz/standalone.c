/* Runs a fuzz target over files: FUZZ-TARGET FILE... Each file is one input. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int run_file(const char *path) {
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        return -1;
    }
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return LLVMFuzzerTestOneInput(bytes, size);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (run_file(argv[i]))
            return EXIT_FAILURE;
    printf("%d inputs\n", argc - 1);
    return EXIT_SUCCESS;
}
