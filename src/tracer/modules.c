#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stddef.h>
#include <string.h>

#include "base/absolute.h"
#include "base/build_id.h"
#include "base/sys.h"
#include "tracer/lock.h"
#include "tracer/modules.h"
#include "tracer/store.h"
#include "tracer/thread.h"
#include "tracer/usage.h"
#include "unwind/object.h"
#include "unwind/rule.h"
#include "unwind/unwind.h"

enum { MODULES_MAX = 16384 };

struct known { /* what the arena's record does not say; same index */
    uint64_t start, end, identity;
    uint32_t checked; /* generation at which it was seen mapped */
};
static struct known *known;
void (*modules_added)(void);
uint64_t modules_loader_start, modules_loader_size;

void modules_init(void) {
    struct dl_find_object found;
    struct object loader;
    if (_dl_find_object(&_r_debug, &found) == 0) {
        object_describe(&loader, &found);
        modules_loader_start = loader.start;
        modules_loader_size = loader.end - loader.start;
    }
    known = sys_pages(MODULES_MAX * sizeof *known);
}

/* Is the loader adding or removing objects, in any name space? */
static int is_changing(void) {
    const struct r_debug_extended *d = (const struct r_debug_extended *)&_r_debug;
    while (d != NULL && d->base.r_state == RT_CONSISTENT)
        d = d->base.r_version >= 2 ? d->r_next : NULL;
    return d != NULL;
}

void modules_loader_called(void) {
    if (!is_changing())
        return;
    unwind_objects_changed();
    if (modules_added != NULL)
        modules_added();
}

static uint64_t hash_bytes(uint64_t h, const void *bytes, size_t size) {
    for (size_t i = 0; i < size; i++)
        h = (h ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
    return h;
}

static const uint8_t *build_id_of(const struct dl_find_object *found, const struct object *o,
                                  uint32_t *size) {
    const uint8_t *id = NULL;
    *size = 0;
    for (size_t i = 0; i < o->segment_count && id == NULL; i++) {
        const ElfW(Phdr) *s = &o->segments[i];
        const uint8_t *note = (const uint8_t *)found->dlfo_link_map->l_addr + s->p_vaddr;
        if (s->p_type == PT_NOTE)
            id = build_id_find(note, s->p_memsz, size);
    }
    return id;
}

static uint64_t identity_of(const struct dl_find_object *o) {
    struct object whole;
    uint32_t size;
    const uint8_t *id;
    const char *name = o->dlfo_link_map->l_name;
    uint64_t h = hash_bytes(UINT64_C(0xcbf29ce484222325), name, strlen(name));
    object_describe(&whole, o);
    id = build_id_of(o, &whole, &size);
    return id == NULL ? h : hash_bytes(h, id, size);
}

static void enter_name(struct arena_module *m, const char *name) {
    m->path_size = (uint32_t)strlen(name);
    m->path = store_string(name, m->path_size);
}

static void enter_relative(struct arena_module *m, const char *name) {
    char full[1024];
    enter_name(m, store.may_grow ? absolute_path(name, full, sizeof full) : name);
}

/* The main program has no name of its own here: its path is the header's. */
static void enter_path(struct arena_module *m, const char *name) {
    if (*name == '\0') {
        m->path = store.header->exe;
        m->path_size = store.header->exe_size;
        m->flags |= ARENA_MODULE_MAIN;
    } else if (*name != '/' && strchr(name, '/') != NULL) {
        enter_relative(m, name);
    } else {
        enter_name(m, name);
    }
    if (m->path == 0)
        m->path_size = 0;
}

static uint32_t enter(const struct dl_find_object *o, uint64_t identity) {
    struct arena_extent *extent = &store.header->segment[ARENA_MODULES];
    uint32_t index = (uint32_t)extent->used;
    struct arena_module *m = &store.modules[index];
    struct object whole;
    const uint8_t *id;
    if (index >= MODULES_MAX || store_reserve(ARENA_MODULES, 1) != 0)
        return 0;
    memset(m, 0, sizeof *m);
    object_describe(&whole, o);
    m->start = whole.start;
    m->end = whole.end;
    m->bias = o->dlfo_link_map->l_addr;
    enter_path(m, o->dlfo_link_map->l_name);
    id = build_id_of(o, &whole, &m->build_id_size);
    if (id != NULL)
        memcpy(m->build_id, id, m->build_id_size);
    known[index] = (struct known){m->start, m->end, identity, rule_generation()};
    __atomic_store_n(&extent->used, index + 1, __ATOMIC_RELEASE);
    return index;
}

static int is_at(const struct known *k, const struct dl_find_object *o) {
    return k->start <= (uint64_t)(uintptr_t)o->dlfo_map_start &&
           k->end >= (uint64_t)(uintptr_t)o->dlfo_map_end;
}

/* The latest of the first `count` modules that is this object; 0: none is. Its identity is only
 * compared if objects have come or gone since that was last done. */
static uint32_t find(const struct dl_find_object *o, uint64_t count) {
    uint32_t now = rule_generation();
    uint64_t identity = 0;
    for (uint32_t i = (uint32_t)count; i-- > 1;) {
        if (!is_at(&known[i], o))
            continue;
        if (__atomic_load_n(&known[i].checked, __ATOMIC_RELAXED) == now)
            return i;
        if (identity == 0)
            identity = identity_of(o);
        if (known[i].identity == identity) {
            __atomic_store_n(&known[i].checked, now, __ATOMIC_RELAXED);
            return i;
        }
    }
    return 0;
}

static uint32_t find_or_enter(const struct dl_find_object *o) {
    uint32_t found = find(o, store.header->segment[ARENA_MODULES].used);
    return found != 0 ? found : enter(o, identity_of(o));
}

uint32_t rule_module_of(const struct dl_find_object *o) {
    struct thread *t = thread_peek();
    uint32_t module;
    if (known == NULL)
        return 0;
    module = find(o, __atomic_load_n(&store.header->segment[ARENA_MODULES].used, __ATOMIC_ACQUIRE));
    if (module != 0 || !lock_take(t))
        return module;
    module = find_or_enter(o);
    lock_release();
    return module;
}

void modules_find_all(void) {
    struct dl_find_object object;
    for (const struct link_map *l = _r_debug.r_map; l != NULL && known != NULL; l = l->l_next)
        if (_dl_find_object((void *)l->l_ld, &object) == 0)
            find_or_enter(&object);
}
