/* A small arena in memory for tests: build with fixture_*, then read it as any other. Static state,
 * one arena at a time. */
#ifndef TESTS_ARENA_FIXTURE_H
#define TESTS_ARENA_FIXTURE_H

#include <stdint.h>
#include <string.h>
#include "base/arena.h"

enum { FIXTURE_SLOTS = 64, FIXTURE_LEDGERS = 2, FIXTURE_NAMES = 4, FIXTURE_STRINGS = 1024 };

struct fixture {
    struct arena_header header;
    struct arena_node nodes[FIXTURE_SLOTS];
    struct arena_site sites[FIXTURE_SLOTS];
    struct arena_stat stats[FIXTURE_SLOTS];
    struct arena_ledger ledgers[FIXTURE_LEDGERS];
    struct arena_module modules[FIXTURE_SLOTS];
    char strings[FIXTURE_STRINGS];
    struct arena_type types[FIXTURE_NAMES];
    struct arena_domain domains[FIXTURE_NAMES];
    struct arena_label labels[FIXTURE_NAMES];
};

static struct fixture fixture;

static inline uint64_t *fixture_used(enum arena_segment segment) {
    return &fixture.header.segment[segment].used;
}

static inline void fixture_text(uint32_t *offset, uint32_t *size, const char *bytes,
                                size_t length) {
    *offset = (uint32_t)*fixture_used(ARENA_STRINGS);
    *size = (uint32_t)length;
    memcpy(fixture.strings + *offset, bytes, length);
    *fixture_used(ARENA_STRINGS) += length;
}

static inline uint32_t fixture_node(uint32_t parent, uint16_t module, uint64_t ip) {
    uint32_t index = (uint32_t)(*fixture_used(ARENA_NODES))++;
    fixture.nodes[index] = (struct arena_node){
        .ip_module = (uint64_t)module << ARENA_MODULE_SHIFT | ARENA_IP_PACK(ip), .parent = parent};
    return index;
}

static inline uint32_t fixture_site(uint32_t node, struct arena_stat stat) {
    uint32_t index = (uint32_t)(*fixture_used(ARENA_SITES))++;
    (*fixture_used(ARENA_STATS))++;
    fixture.sites[index] = (struct arena_site){.node = node};
    fixture.stats[index] = stat;
    return index;
}

static inline void fixture_module(uint64_t first, uint64_t end, const char *path, uint32_t flags) {
    struct arena_module *module = &fixture.modules[(*fixture_used(ARENA_MODULES))++];
    *module = (struct arena_module){first, end, first, 0, 0, "\1\2\3build-id", 11, flags};
    fixture_text(&module->path, &module->path_size, path, strlen(path));
}

static inline void fixture_segment(enum arena_segment segment, const void *at, size_t capacity) {
    fixture.header.segment[segment] = (struct arena_extent){
        (uint64_t)((const char *)at - (const char *)&fixture), capacity, 0, 0};
}

/* A header, the two named nodes, <not recorded>'s site, module 0; nothing recorded. */
static inline void fixture_begin(void) {
    struct arena_header *h = &fixture.header;
    memset(&fixture, 0, sizeof fixture);
    memcpy(h->magic, ARENA_MAGIC, sizeof h->magic);
    h->version = ARENA_VERSION;
    h->header_size = sizeof *h;
    fixture_segment(ARENA_NODES, fixture.nodes, sizeof fixture.nodes);
    fixture_segment(ARENA_SITES, fixture.sites, sizeof fixture.sites);
    fixture_segment(ARENA_STATS, fixture.stats, sizeof fixture.stats);
    fixture_segment(ARENA_LEDGERS, fixture.ledgers, sizeof fixture.ledgers);
    fixture_segment(ARENA_MODULES, fixture.modules, sizeof fixture.modules);
    fixture_segment(ARENA_STRINGS, fixture.strings, sizeof fixture.strings);
    fixture_segment(ARENA_TYPES, fixture.types, sizeof fixture.types);
    fixture_segment(ARENA_DOMAINS, fixture.domains, sizeof fixture.domains);
    fixture_segment(ARENA_LABELS, fixture.labels, sizeof fixture.labels);
    *fixture_used(ARENA_NODES) = ARENA_NODE_NOT_RECORDED + 1;
    *fixture_used(ARENA_SITES) = *fixture_used(ARENA_STATS) = ARENA_SITE_FIRST + 1;
    h->segment[ARENA_SITES].first = h->segment[ARENA_STATS].first = ARENA_SITE_FIRST;
    *fixture_used(ARENA_MODULES) = *fixture_used(ARENA_TYPES) = 1;
    fixture.sites[ARENA_SITE_FIRST].node = ARENA_NODE_NOT_RECORDED;
}

/* A process with two modules and three call paths main>f>g, main>h>g and main>h. */
static inline void fixture_example(void) {
    struct arena_header *h = &fixture.header;
    fixture_begin();
    h->session = 7;
    h->start_ticks = 123456;
    h->start_time = UINT64_C(1700000000000000000);
    h->pid = 4242;
    h->parent_pid = 1;
    h->image = 2;
    h->machine = 62;
    h->end = ARENA_EXITED;
    h->end_status = 3;
    h->frees = 11;
    h->failed = 1;
    h->threads = 4;
    h->notes = 1 << ARENA_NOTE_SECCOMP;
    h->missed_frees = 5;
    h->epoch = 9;
    fixture_text(&h->exe, &h->exe_size, "/usr/bin/x", 10);
    fixture_text(&h->command, &h->command_size, "x\0\0-v\0", 6);
    fixture_text(&h->cwd, &h->cwd_size, "/home", 5);
    fixture_module(0x400000, 0x500000, "/usr/bin/x", ARENA_MODULE_MAIN);
    fixture_module(0x7f0000000000, 0x7f0000100000, "/lib/libc.so.6", 0);
    uint32_t in_main = fixture_node(ARENA_NODE_ROOT, 1, 0x400100);
    uint32_t f = fixture_node(in_main, 1, 0x400200), h2 = fixture_node(in_main, 1, 0x400300);
    uint32_t fg = fixture_node(f, 2, 0x7f0000000100), hg = fixture_node(h2, 2, 0x7f0000000100);
    fixture_site(fg, (struct arena_stat){100, 1, 300, 3, 200, 2, 1, 9});
    fixture_site(hg, (struct arena_stat){50, 5, 60, 6, 10, 1, 0, 8});
    fixture_site(h2, (struct arena_stat){0, 0, 40, 4, 40, 4, 4, 9});
    fixture_site(f, (struct arena_stat){0});
}

#endif
