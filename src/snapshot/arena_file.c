#include "snapshot/arena_file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/error.h"
#include "base/huge.h"
#include "base/io.h"
#include "base/sys.h"
#include "snapshot/arena_layout.h"

enum { COPY_ALIGNMENT = 64, STRINGS_AHEAD = 256 << 10 };

static int io_error(struct heapline_error *err, const char *problem) {
    return error_set(err, HEAPLINE_IO, errno, NULL, problem);
}

static int read_exactly(const struct arena_file *file, void *to, size_t size, uint64_t offset,
                        struct heapline_error *err) {
    size_t got;
    int failed = io_read_at(file->fd, to, size, (off_t)offset, &got);
    if (failed)
        return error_set(err, HEAPLINE_IO, -failed, NULL, "cannot read");
    return got == size ? 0 : arena_damaged(err, "the file ends too early");
}

static int is_foreign(const struct stat *st) {
    return geteuid() && st->st_uid != geteuid();
}

static int file_size(const struct arena_file *file, uint64_t *size, struct heapline_error *err) {
    struct stat st;
    if (fstat(file->fd, &st))
        return io_error(err, "cannot read");
    *size = (uint64_t)st.st_size;
    return 0;
}

int arena_file_refresh(struct arena_file *file, struct heapline_error *err) {
    uint64_t size = 0;
    if (file_size(file, &size, err))
        return -1;
    size_t wanted = size < sizeof file->header ? size : sizeof file->header;
    return read_exactly(file, &file->header, wanted, 0, err) ||
                   arena_check_header(&file->header, size, err)
               ? -1
               : 0;
}

static int attach(struct arena_file *file, struct heapline_error *err) {
    struct stat st;
    if (fstat(file->fd, &st))
        return io_error(err, "cannot read");
    if (!S_ISREG(st.st_mode))
        return error_set(err, HEAPLINE_BAD_FILE, 0, NULL, "not a heapline arena");
    if (is_foreign(&st))
        return error_set(err, HEAPLINE_IO, EACCES, NULL, "belongs to another user");
    file->device = st.st_dev;
    file->inode = st.st_ino;
    return arena_file_refresh(file, err);
}

static int attach_or_close(struct arena_file *file, struct heapline_error *err) {
    if (!attach(file, err))
        return 0;
    arena_file_close(file);
    return -1;
}

int arena_file_attach(struct arena_file *file, int fd, struct heapline_error *err) {
    *file = (struct arena_file){.fd = fd};
    return attach_or_close(file, err);
}

/* O_NONBLOCK: a named pipe of that name must not keep us. */
int arena_file_open(struct arena_file *file, int dirfd, const char *name,
                    struct heapline_error *err) {
    const char *slash = strrchr(name, '/');
    struct text base;
    *file = (struct arena_file){.fd = -1};
    text_init(&base, file->name, sizeof file->name);
    text_string(&base, slash ? slash + 1 : name);
    file->fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int failed = file->fd < 0 ? io_error(err, "cannot open") : attach_or_close(file, err);
    return failed ? error_about(err, name) : 0;
}

void arena_file_close(struct arena_file *file) {
    int saved = errno;
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
    errno = saved;
}

ssize_t arena_file_text(const struct arena_file *file, uint32_t offset, uint32_t size, char *buf,
                        size_t buf_size) {
    const struct arena_extent *strings = &file->header.segment[ARENA_STRINGS];
    if (!buf_size)
        return -1;
    buf[0] = '\0';
    if (offset > strings->capacity || size > strings->capacity - offset)
        return -1;
    size_t length = size < buf_size ? size : buf_size - 1;
    if (read_exactly(file, buf, length, strings->offset + offset, NULL)) {
        buf[0] = '\0';
        return -1;
    }
    buf[length] = '\0';
    return (ssize_t)length;
}

/* --- Reading --- */

/* A copy that holds of each segment only what is used, and whose header says so. */
struct copy {
    struct arena_header header;
    const struct arena_file *file;
    uint64_t from[ARENA_SEGMENTS]; /* offsets in the file */
    uint64_t size;
    uint64_t events; /* when reading began */
};

static uint64_t round_up(uint64_t size) {
    return (size + COPY_ALIGNMENT - 1) & ~(uint64_t)(COPY_ALIGNMENT - 1);
}

/* Labels and domains may get other names until they have been copied. */
static uint64_t strings_to_come(const struct arena_extent *strings) {
    uint64_t left = strings->capacity - strings->used;
    return strings->used + (left < STRINGS_AHEAD ? left : STRINGS_AHEAD);
}

/* `used` of each segment, and `first` behind it, is read again, one at a time, for the sake of the
 * order. */
static int plan_segment(struct copy *c, const struct arena_row *row, uint64_t file_size,
                        struct heapline_error *err) {
    struct arena_extent *extent = &c->header.segment[row->segment];
    uint64_t at = (uint64_t)((char *)&extent->used - (char *)&c->header);
    if (read_exactly(c->file, &extent->used, 2 * sizeof extent->used, at, err) ||
        arena_check_extent(&c->header, row, extent->used, file_size, err))
        return -1;
    c->from[row->segment] = extent->offset;
    if (row->segment == ARENA_STRINGS)
        extent->used = strings_to_come(extent);
    extent->capacity = extent->used * row->element;
    return 0;
}

static int plan(struct copy *c, struct heapline_error *err) {
    uint64_t size = 0;
    if (file_size(c->file, &size, err) ||
        read_exactly(c->file, &c->header, sizeof c->header, 0, err) ||
        arena_check_header(&c->header, size, err))
        return -1;
    for (size_t i = 0; i < ARENA_SEGMENTS; i++)
        if (plan_segment(c, &arena_rows[i], size, err))
            return -1;
    c->header.header_size = sizeof c->header;
    c->size = round_up(sizeof c->header);
    for (size_t i = 0; i < ARENA_SEGMENTS; i++) {
        c->header.segment[i].offset = c->size;
        c->size += round_up(c->header.segment[i].capacity);
    }
    return 0;
}

/* In the order of arena_rows, the strings last: what refers to them is there before. */
static struct image *read_copy(struct copy *c, char *memory, struct heapline_error *err) {
    memcpy(memory, &c->header, sizeof c->header);
    for (size_t i = 0; i < ARENA_SEGMENTS; i++) {
        enum arena_segment s = arena_rows[i].segment;
        const struct arena_extent *to = &c->header.segment[s];
        uint64_t gone = to->used > 0 ? to->capacity / to->used * to->first : 0;
        if (read_exactly(c->file, memory + to->offset + gone, to->capacity - gone,
                         c->from[s] + gone, err))
            return NULL;
    }
    return image_from_arena(memory, c->size, c->header.nframe, err);
}

static uint64_t count_events(const struct copy *c);

static struct image *read_once(struct copy *c, struct heapline_error *err) {
    if (plan(c, err))
        return NULL;
    c->events = count_events(c);
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    char *memory = mmap(NULL, c->size, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (memory == MAP_FAILED) {
        error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "not enough memory to read the arena");
        return NULL;
    }
    huge_prefer(memory, c->size);
    struct image *image = read_copy(c, memory, err);
    munmap(memory, c->size);
    return image;
}

static uint64_t read_era(const struct copy *c) {
    uint64_t era = 0;
    read_exactly(c->file, &era, sizeof era, offsetof(struct arena_header, era), NULL);
    return era;
}

/* Again, when the program has cleared its traces meanwhile, or the strings may be other ones. One
 * that died while it cleared its traces has none. */
static struct image *read_image(struct copy *c, int is_alive, struct heapline_error *err) {
    enum { TRIES = 1000 };
    static const struct timespec a_moment = {.tv_nsec = 1000000};
    struct image *image = NULL;
    for (int i = 0; i < TRIES; i++) {
        uint64_t era = read_era(c);
        if (era % 2 && is_alive) {
            sys_call(SYS_nanosleep, (long)&a_moment, 0, 0, 0, 0, 0);
            continue;
        }
        image_free(image);
        image = read_once(c, err);
        if (era == read_era(c))
            return image;
    }
    if (!image)
        error_set(err, HEAPLINE_BAD_STATE, 0, NULL, "the program keeps clearing its traces");
    return image;
}

static uint64_t now(void) {
    struct timespec t = {0};
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Two counters that lie side by side. */
static uint64_t sum_of_two(const struct copy *c, uint64_t at) {
    uint64_t pair[2] = {0, 0};
    read_exactly(c->file, pair, sizeof pair, at, NULL);
    return pair[0] + pair[1];
}

/* So many events had happened by now, in the ledgers that were there when reading began. */
static uint64_t count_events(const struct copy *c) {
    uint64_t events = sum_of_two(c, offsetof(struct arena_header, allocations));
    for (uint64_t i = 0; i < c->header.segment[ARENA_LEDGERS].used; i++)
        events += sum_of_two(c, c->from[ARENA_LEDGERS] + i * sizeof(struct arena_ledger) +
                                    offsetof(struct arena_ledger, allocations));
    return events;
}

static void describe_live(struct image *image, const struct copy *c) {
    image->live = 1;
    image->events_during_read = count_events(c) - c->events;
    image->end = IMAGE_RUNNING;
    image->end_time = now();
}

struct image *arena_file_read(const struct arena_file *file, struct heapline_error *err) {
    struct copy c = {.file = file};
    int is_alive = arena_file_is_alive(file) != 0; /* asked first: the dead do not change */
    struct image *image = read_image(&c, is_alive, err);
    if (image && is_alive)
        describe_live(image, &c);
    else if (image && image->end == IMAGE_RUNNING)
        image->end = IMAGE_ENDED;
    if (!image)
        error_about(err, file->name);
    return image;
}
