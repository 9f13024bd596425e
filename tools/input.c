#include "command.h"
#include "input.h"
#include "pid.h"
#include "snapshot/arena_file.h"

static int read_process(const char *word, struct image **image) {
    struct arena_file file;
    struct heapline_error err;
    uint32_t pid = pid_parse(word);
    if (!pid)
        return complain(EXIT_NO_PROCESS, word, "no such process");
    if (arena_file_find_pid(&file, pid, &err)) {
        int status = complain_error(&err);
        return err.code == HEAPLINE_BAD_FILE ? status : EXIT_NO_PROCESS;
    }
    *image = arena_file_read(&file, &err);
    arena_file_close(&file);
    return *image ? EXIT_OK : complain_error(&err);
}

static int read_file(const char *path, struct image **image) {
    struct heapline_error err;
    *image = image_load(path, &err);
    return *image ? EXIT_OK : complain_error(&err);
}

int input_read(const char *word, struct image **image) {
    *image = NULL;
    return pid_is(word) ? read_process(word, image) : read_file(word, image);
}
