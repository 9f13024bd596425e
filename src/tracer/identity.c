#include <elf.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>

#include "base/sys.h"
#include "base/text.h"
#include "snapshot/arena_file.h"
#include "snapshot/process.h"
#include "tracer/identity.h"
#include "tracer/store.h"

enum { TEXT_MAX = 4096 };

static void describe_exe(void) {
    char path[TEXT_MAX];
    const char *from = path;
    long size =
        sys_call(SYS_readlinkat, AT_FDCWD, (long)"/proc/self/exe", (long)path, sizeof path, 0, 0);
    if (size <= 0 || size == sizeof path) { /* no /proc here */
        from = (const char *)getauxval(AT_EXECFN);
        size = from != NULL ? (long)strnlen(from, TEXT_MAX) : 0;
    }
    store.header->exe = store_string(from, (uint32_t)size);
    store.header->exe_size = store.header->exe != 0 ? (uint32_t)size : 0;
}

static void describe_command(void) {
    static const char cut[] = "...";
    char text[TEXT_MAX];
    long fd = sys_openat(AT_FDCWD, "/proc/self/cmdline", O_RDONLY | O_CLOEXEC, 0), size;
    if (sys_failed(fd))
        return;
    size = sys_call(SYS_read, fd, (long)text, sizeof text, 0, 0, 0);
    sys_close((int)fd);
    if (size <= 0)
        return;
    if (text[size - 1] != '\0' && size < TEXT_MAX) /* the program has written over it */
        text[size++] = '\0';
    if (text[size - 1] != '\0')
        memcpy(text + size - sizeof cut, cut, sizeof cut);
    store.header->command = store_string(text, (uint32_t)size);
    store.header->command_size = store.header->command != 0 ? (uint32_t)size : 0;
}

static void describe_directory(void) {
    char path[TEXT_MAX];
    long size = sys_call(SYS_getcwd, (long)path, sizeof path, 0, 0, 0, 0);
    if (size <= 1)
        return;
    store.header->cwd = store_string(path, (uint32_t)size - 1);
    store.header->cwd_size = store.header->cwd != 0 ? (uint32_t)size - 1 : 0;
}

void identity_describe(const struct settings *s) {
    struct arena_header *h = store.header;
    h->session = s->session;
    h->nframe = s->nframe;
    h->machine = ARCH_MACHINE;
    describe_exe();
    describe_command();
    describe_directory();
    if (s->output != NULL) {
        uint32_t size = (uint32_t)strnlen(s->output, TEXT_MAX);
        h->output = store_string(s->output, size);
        h->output_size = h->output != 0 ? size : 0;
    }
}

/* A descriptor of another arena and its header, or -1. */
static int open_other(int directory, const char *name, struct arena_header *h) {
    long fd = sys_openat(directory, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0), size;
    if (sys_failed(fd))
        return -1;
    size = sys_call(SYS_pread64, fd, (long)h, sizeof *h, 0, 0, 0);
    if (size == sizeof *h && memcmp(h->magic, ARENA_MAGIC, sizeof h->magic) == 0)
        return (int)fd;
    sys_close((int)fd);
    return -1;
}

/* Through a mapping: a write would raise SIGXFSZ where file sizes are limited. */
static void mark_replaced(int fd) {
    struct arena_header *h = sys_mmap(NULL, sizeof *h, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (h == NULL)
        return;
    h->end = ARENA_REPLACED;
    sys_munmap(h, sizeof *h);
}

/* An older arena with our pid and start time is the image that exec replaced by us. */
static void replace_older(int directory, const char *name) {
    struct arena_header *own = store.header, older;
    int fd = open_other(directory, name, &older);
    if (fd < 0)
        return;
    if (older.pid == own->pid && older.start_ticks == own->start_ticks) {
        if (older.image >= own->image)
            own->image = older.image + 1;
        own->is_child |= older.is_child;
        mark_replaced(fd);
    }
    sys_close(fd);
}

/* It need not have made us by fork. What another process with its pid left says nothing. */
static void note_parent(int directory, const char *name) {
    struct arena_header *own = store.header, other;
    int fd = open_other(directory, name, &other);
    if (fd < 0)
        return;
    if (other.pid == own->parent_pid && other.start_ticks == process_start_ticks(other.pid))
        own->is_child = 1;
    sys_close(fd);
}

/* What the arenas of others tell us about ourselves. */
static void consider_others(void) {
    const struct arena_header *own = store.header;
    const char *own_name = store.path[0] != '\0' ? strrchr(store.path, '/') + 1 : "";
    long fd = sys_openat(AT_FDCWD, store.directory, O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
    struct arena_list list = {.dirfd = (int)fd};
    uint32_t pid;
    if (sys_failed(fd))
        return;
    for (const char *name; (name = arena_list_next(&list)) != NULL;) {
        arena_name_parse(name, &pid);
        if (pid == own->pid && strcmp(name, own_name) != 0)
            replace_older((int)fd, name);
        else if (pid == own->parent_pid)
            note_parent((int)fd, name);
    }
    sys_close((int)fd);
}

void identity_publish(void) {
    struct arena_header *h = store.header;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    h->start_time = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
    h->end_time = 0;
    h->end = ARENA_RUNNING;
    h->pid = (uint32_t)sys_getpid();
    h->parent_pid = (uint32_t)sys_call(SYS_getppid, 0, 0, 0, 0, 0, 0);
    h->start_ticks = process_start_ticks(h->pid);
    h->pid_namespace = process_pid_namespace(0);
    h->image = 0;
    consider_others();
    __atomic_thread_fence(__ATOMIC_RELEASE);
    memcpy(h->magic, ARENA_MAGIC, sizeof h->magic);
}
