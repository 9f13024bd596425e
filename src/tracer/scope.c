#include "base/sys.h"
#include "tracer/block_table.h"
#include "tracer/lock.h"
#include "tracer/scope.h"
#include "tracer/store.h"

enum { PAGE = 4096, ANY_SITE = 1 };

struct heapline_scope {
    const struct thread *owner; /* NULL: all threads */
    struct heapline_scope *outer;
    struct heapline_count allocated, freed, live, peak;
    struct block_table blocks; /* the live ones */
};
struct heapline_scope *scope_open; /* the one begun last */
static int open_lock;

static void add_to(struct heapline_count *count, uint64_t bytes) {
    count->bytes += bytes;
    count->count++;
}

static void subtract_from(struct heapline_count *count, uint64_t bytes) {
    count->bytes -= bytes;
    count->count--;
}

static void add(struct heapline_scope *s, struct table_block block) {
    struct table_block old;
    if (block_table_put(&s->blocks, block, &old) != 0) {
        store_count(&store.header->not_seen_events);
        return;
    }
    if (old.site != 0) /* its free was missed */
        subtract_from(&s->live, old.size);
    add_to(&s->allocated, block.size);
    add_to(&s->live, block.size);
    if (s->live.bytes > s->peak.bytes)
        s->peak = s->live;
}

static void subtract(struct heapline_scope *s, uint32_t domain, uintptr_t address) {
    struct table_block block = block_table_take(&s->blocks, domain, address);
    if (block.site == 0)
        return;
    add_to(&s->freed, block.size);
    subtract_from(&s->live, block.size);
}

void scope_allocated(const struct thread *t, uint32_t domain, uintptr_t address, uint64_t size) {
    struct table_block block = {address, size, domain, ANY_SITE};
    lock_spin(&open_lock);
    for (struct heapline_scope *s = scope_open; s != NULL; s = s->outer)
        if (s->owner == NULL || s->owner == t)
            add(s, block);
    lock_unspin(&open_lock);
}

void scope_freed(uint32_t domain, uintptr_t address) {
    lock_spin(&open_lock);
    for (struct heapline_scope *s = scope_open; s != NULL; s = s->outer)
        subtract(s, domain, address);
    lock_unspin(&open_lock);
}

/* One that has the new name already was moved by a realloc that has yet to say so: it has gone. */
static void rename_in(struct heapline_scope *s, uintptr_t from, uintptr_t to) {
    struct table_block block = block_table_take(&s->blocks, HEAPLINE_DOMAIN_MALLOC, from), old;
    if (block.site == 0)
        return;
    subtract(s, HEAPLINE_DOMAIN_MALLOC, to);
    block.address = to;
    block_table_put(&s->blocks, block, &old); /* into the room that it had */
}

void scope_renamed(uintptr_t from, uintptr_t to) {
    lock_spin(&open_lock);
    for (struct heapline_scope *s = scope_open; s != NULL; s = s->outer)
        rename_in(s, from, to);
    lock_unspin(&open_lock);
}

struct heapline_scope *scope_begin(const struct thread *owner) {
    struct heapline_scope *s = sys_pages(PAGE);
    if (s == NULL)
        return NULL;
    s->owner = owner;
    lock_spin(&open_lock);
    s->outer = scope_open;
    __atomic_store_n(&scope_open, s, __ATOMIC_RELEASE);
    lock_unspin(&open_lock);
    return s;
}

void scope_disown(const struct thread *owner) {
    lock_spin(&open_lock);
    for (struct heapline_scope *s = scope_open; s != NULL; s = s->outer)
        if (s->owner == owner)
            s->owner = (const void *)&scope_open; /* nobody */
    lock_unspin(&open_lock);
}

static struct heapline_scope **find(const struct heapline_scope *scope) {
    struct heapline_scope **at = &scope_open;
    while (*at != NULL && *at != scope)
        at = &(*at)->outer;
    return at;
}

int scope_end(struct heapline_scope *s, struct heapline_scope_result *out) {
    struct heapline_scope **at;
    int is_open;
    lock_spin(&open_lock);
    at = find(s);
    is_open = s != NULL && *at == s;
    if (is_open)
        __atomic_store_n(at, s->outer, __ATOMIC_RELAXED);
    lock_unspin(&open_lock);
    if (!is_open)
        return -1;
    if (out != NULL)
        *out = (struct heapline_scope_result){s->allocated, s->freed, s->live, s->peak};
    block_table_empty(&s->blocks);
    sys_munmap(s, PAGE);
    return 0;
}

struct listing {
    struct heapline_scope_block *out;
    size_t max, count;
};

static void list(void *argument, const struct table_block *b) {
    struct listing *l = argument;
    uintptr_t address = b->address;
    if (b->domain == HEAPLINE_DOMAIN_MALLOC)
        address &= ~SCOPE_MOVING(0);
    if (l->count < l->max)
        l->out[l->count] = (struct heapline_scope_block){address, b->size, b->domain};
    l->count++;
}

size_t scope_kept(const struct heapline_scope *s, struct heapline_scope_block *out, size_t max) {
    struct listing l = {out, max, 0};
    lock_spin(&open_lock);
    if (s != NULL && *find(s) == s)
        block_table_each(&s->blocks, list, &l);
    lock_unspin(&open_lock);
    return l.count;
}

void scope_forget(void) {
    lock_spin(&open_lock);
    for (struct heapline_scope *s = scope_open; s != NULL; s = s->outer) {
        block_table_empty(&s->blocks);
        s->live = (struct heapline_count){0, 0};
    }
    lock_unspin(&open_lock);
}

void scope_before_fork(void) {
    lock_spin(&open_lock);
}

void scope_after_fork(void) {
    lock_unspin(&open_lock);
}
