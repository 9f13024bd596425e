/* heapline_symbolize: an image of this process with one call path. */
#include <link.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "api/pause.h"
#include "api/snapshot.h"
#include "base/arena.h"
#include "base/build_id.h"
#include "base/error.h"

enum { FIRST_NODE = 2 /* behind the root and <not recorded> */ };

struct objects { /* the loader's */
    struct image *image;
    uint32_t capacity;
    char exe[4096];
    int failed;
};

static const char *path_of(struct objects *o, const struct dl_phdr_info *info) {
    const char *name = info->dlpi_name;
    if (*name)
        return pool_copy(&o->image->pool, name, strlen(name));
    ssize_t size = readlink("/proc/self/exe", o->exe, sizeof o->exe);
    return pool_copy(&o->image->pool, o->exe, size > 0 ? (size_t)size : 0);
}

static void take_segment(struct objects *o, struct image_module *m, uint64_t start,
                         const ElfW(Phdr) * segment) {
    uint32_t size = 0;
    if (segment->p_type == PT_LOAD) {
        uint64_t end = start + segment->p_memsz;
        m->start = m->end && m->start < start ? m->start : start;
        m->end = m->end > end ? m->end : end;
    }
    if (segment->p_type != PT_NOTE || m->build_id)
        return;
    const uint8_t *id = build_id_find((const uint8_t *)start, segment->p_memsz, &size);
    if (!id)
        return;
    m->build_id = (const uint8_t *)pool_copy(&o->image->pool, (const char *)id, size);
    m->build_id_size = size;
    o->failed |= !m->build_id;
}

static int count_object(struct dl_phdr_info *info, size_t size, void *context) {
    (void)info;
    (void)size;
    ++*(uint32_t *)context;
    return 0;
}

/* Objects that were loaded since they were counted wait for the next call. */
static int take_object(struct dl_phdr_info *info, size_t size, void *context) {
    struct objects *o = context;
    (void)size;
    if (o->image->module_count == o->capacity)
        return 1;
    struct image_module *m = &o->image->modules[o->image->module_count];
    *m = (struct image_module){.path = path_of(o, info), .bias = info->dlpi_addr};
    m->flags = o->image->module_count == 1 ? ARENA_MODULE_MAIN : 0;
    for (int i = 0; i < info->dlpi_phnum; i++)
        take_segment(o, m, info->dlpi_addr + info->dlpi_phdr[i].p_vaddr, &info->dlpi_phdr[i]);
    o->failed |= !m->path;
    o->image->module_count++;
    return o->failed;
}

static int take_objects(struct image *image) {
    struct objects o = {.image = image, .capacity = 1};
    dl_iterate_phdr(count_object, &o.capacity);
    if (o.capacity > UINT16_MAX)
        o.capacity = UINT16_MAX;
    image->modules = pool_array(&image->pool, o.capacity, sizeof *image->modules);
    if (!image->modules)
        return -1;
    image->modules[0].path = "";
    image->module_count = 1;
    dl_iterate_phdr(take_object, &o);
    return o.failed ? -1 : 0;
}

static uint16_t module_of(const struct image *image, uint64_t address) {
    for (uint32_t i = 1; i < image->module_count; i++)
        if (address >= image->modules[i].start && address <= image->modules[i].end)
            return (uint16_t)i;
    return 0;
}

/* The oldest frame is the first node: a parent comes before its children. */
static int take_path(struct image *image, const uintptr_t *address, uint32_t n) {
    image->nodes = pool_array(&image->pool, (size_t)n + FIRST_NODE, sizeof *image->nodes);
    image->sites = pool_array(&image->pool, 1, sizeof *image->sites);
    if (!image->nodes || !image->sites)
        return -1;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t ip = address[n - 1 - i];
        image->nodes[FIRST_NODE + i] =
            (struct image_node){.ip = ip,
                                .parent = i ? FIRST_NODE + i - 1 : ARENA_NODE_ROOT,
                                .module = module_of(image, ip)};
    }
    image->node_count = FIRST_NODE + n;
    image->site_count = 1;
    image->sites[0].node = n ? FIRST_NODE + n - 1 : ARENA_NODE_ROOT;
    return 0;
}

static void describe(struct image *image) {
    static const char *const no_types[] = {NULL};
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    image->pid = (uint32_t)getpid();
    image->end_time = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    image->exe = image->cwd = image->output = "";
    image->types = no_types;
    image->type_count = 1;
}

static struct image *make_image(const uintptr_t *address, uint32_t n) {
    struct pool pool = {0};
    struct image *image = pool_alloc(&pool, sizeof *image);
    if (!image)
        return NULL;
    image->pool = pool;
    describe(image);
    if (!take_objects(image) && !take_path(image, address, n))
        return image;
    image_free(image);
    return NULL;
}

struct heapline_snapshot *heapline_symbolize(const uintptr_t *address, int n,
                                             struct heapline_error *err) {
    PAUSE_TRACING();
    if (n < 0 || (n && !address))
        return snapshot_refuse(err, __func__, "no addresses");
    struct image *image = make_image(address, (uint32_t)n);
    if (image)
        return snapshot_new(image, NULL, err);
    error_set(err, HEAPLINE_NO_MEMORY, 0, NULL, "no memory for the addresses");
    return NULL;
}
