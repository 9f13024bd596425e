/* The copy keeps the file's layout, so that only the section table changes: what was compressed
 * comes behind the rest, and leaves a hole. */
#include "analysis/debug_copy.h"
#include <elf.h>
#include <fcntl.h>
#include <libdeflate.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/io.h"

typedef ElfW(Ehdr) Header;
typedef ElfW(Shdr) Section;
typedef ElfW(Chdr) Compression;

enum { ALIGNMENT = 16, EXPANSION_MAX = 1032 /* no zlib stream holds more */ };
static const uint64_t SIZE_LIMIT = UINT64_C(1) << 32;

struct file {
    char *bytes;
    uint64_t size;
    int fd;      /* of a copy */
    Header head; /* copied once, since the file may change meanwhile */
    Section *sections;
};

static uint64_t bytes_made;

/* --- The original, which may be damaged --- */

static int holds(const struct file *f, uint64_t offset, uint64_t size) {
    return offset <= f->size && size <= f->size - offset;
}

static int is_native(const struct file *f) {
    const Header *h = &f->head;
    int class = sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32;
    int order = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
    return !memcmp(h->e_ident, ELFMAG, SELFMAG) && h->e_ident[EI_CLASS] == class &&
           h->e_ident[EI_DATA] == order && h->e_type != ET_REL;
}

static int has_tables(const struct file *f) {
    const Header *h = &f->head;
    return h->e_shentsize == sizeof(Section) && h->e_shstrndx < h->e_shnum &&
           holds(f, h->e_shoff, h->e_shnum * sizeof(Section)) &&
           holds(f, h->e_phoff, (uint64_t)h->e_phnum * h->e_phentsize);
}

/* Sections that overlap, and so hold more than the file does, are nobody's. */
static int has_sound_sections(const struct file *f) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < f->head.e_shnum; i++) {
        const Section *s = &f->sections[i];
        if (s->sh_type == SHT_NOBITS)
            continue;
        if (!holds(f, s->sh_offset, s->sh_size))
            return 0;
        sum += s->sh_size;
    }
    return sum <= f->size;
}

static const char *name_of(const struct file *f, const Section *s) {
    const Section *names = &f->sections[f->head.e_shstrndx];
    if (names->sh_type == SHT_NOBITS || s->sh_name >= names->sh_size)
        return "";
    const char *name = f->bytes + names->sh_offset + s->sh_name;
    return memchr(name, 0, names->sh_size - s->sh_name) ? name : "";
}

static int is_compressed(const Section *s) {
    return s->sh_flags & SHF_COMPRESSED && s->sh_type != SHT_NOBITS;
}

/* What libdw would find beside the file it would not find beside the copy. */
static int has_supplement(const struct file *f) {
    for (unsigned i = 0; i < f->head.e_shnum; i++)
        if (!strcmp(name_of(f, &f->sections[i]), ".gnu_debugaltlink"))
            return 1;
    return 0;
}

static int is_read(const char *name) {
    static const char *const unread[] = {
        ".debug_frame",    ".debug_gnu_pubnames", ".debug_gnu_pubtypes", ".debug_loc",
        ".debug_loclists", ".debug_macinfo",      ".debug_macro",        ".debug_names",
        ".debug_pubnames", ".debug_pubtypes",     ".gdb_index"};
    for (size_t i = 0; i < sizeof unread / sizeof *unread; i++)
        if (!strcmp(name, unread[i]))
            return 0;
    return 1;
}

/* --- The plan: the section table of the copy --- */

/* 0: not possible. */
static int plan_section(const struct file *f, Section *s, uint64_t *end) {
    Compression c;
    if (!is_read(name_of(f, s))) {
        s->sh_type = SHT_NOBITS;
        return 1;
    }
    if (s->sh_size < sizeof c)
        return 0;
    memcpy(&c, f->bytes + s->sh_offset, sizeof c);
    if (c.ch_type != ELFCOMPRESS_ZLIB || c.ch_size / EXPANSION_MAX > s->sh_size)
        return 0;
    s->sh_offset = (*end + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
    s->sh_size = c.ch_size;
    s->sh_addralign = c.ch_addralign;
    *end = s->sh_offset + s->sh_size;
    return *end < SIZE_LIMIT;
}

/* How large the copy becomes; 0: there is nothing to inflate, or not possible. */
static uint64_t plan(const struct file *f, Section *table) {
    uint64_t end = f->size;
    unsigned count = f->head.e_shnum, compressed = 0;
    memcpy(table, f->sections, count * sizeof *table);
    for (unsigned i = 0; i < count; i++) {
        if (!is_compressed(&table[i]))
            continue;
        compressed++;
        table[i].sh_flags &= ~(uint64_t)SHF_COMPRESSED;
        if (!plan_section(f, &table[i], &end))
            return 0;
    }
    return compressed ? end : 0;
}

/* --- The copy --- */

/* Memory behind a part of it, lest there is none when it is written to; the rest are holes. */
static int make_room(struct file *copy, uint64_t offset, uint64_t size) {
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), start = offset & ~(page - 1);
    if (!size)
        return 0;
    if (fallocate(copy->fd, 0, (off_t)offset, (off_t)size))
        return -1;
    (void)madvise(copy->bytes + start, offset + size - start, MADV_POPULATE_WRITE); /* quicker */
    return 0;
}

static int put(struct file *copy, uint64_t offset, const void *bytes, uint64_t size) {
    if (make_room(copy, offset, size))
        return -1;
    memcpy(copy->bytes + offset, bytes, size);
    return 0;
}

static int take_over(const struct file *f, struct file *copy, uint64_t offset, uint64_t size) {
    return put(copy, offset, f->bytes + offset, size);
}

static int inflate_section(struct libdeflate_decompressor *d, const struct file *f,
                           const Section *from, struct file *copy, const Section *to) {
    return make_room(copy, to->sh_offset, to->sh_size) ||
           libdeflate_zlib_decompress(d, f->bytes + from->sh_offset + sizeof(Compression),
                                      from->sh_size - sizeof(Compression),
                                      copy->bytes + to->sh_offset, to->sh_size, NULL);
}

static int fill(const struct file *f, struct file *copy, const Section *table) {
    const Header *h = &f->head;
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    int failed = !d || take_over(f, copy, h->e_phoff, (uint64_t)h->e_phnum * h->e_phentsize);
    for (unsigned i = 0; i < h->e_shnum && !failed; i++) {
        const Section *from = &f->sections[i];
        if (table[i].sh_type == SHT_NOBITS)
            continue;
        if (is_compressed(from))
            failed = inflate_section(d, f, from, copy, &table[i]);
        else
            failed = take_over(f, copy, from->sh_offset, from->sh_size);
    }
    failed = failed || put(copy, 0, h, sizeof *h) ||
             put(copy, h->e_shoff, table, h->e_shnum * sizeof *table);
    libdeflate_free_decompressor(d);
    return failed;
}

static int make_file(uint64_t size) {
    int fd = io_is_within_limit(size) ? memfd_create("heapline-debug", MFD_CLOEXEC) : -1;
    if (fd < 0 || !ftruncate(fd, (off_t)size))
        return fd;
    close(fd);
    return -1;
}

static int make(const struct file *f, const Section *table, uint64_t size) {
    struct file copy = {.size = size, .fd = make_file(size)};
    if (copy.fd < 0)
        return -1;
    copy.bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, copy.fd, 0);
    int failed = copy.bytes == MAP_FAILED || fill(f, &copy, table);
    if (copy.bytes != MAP_FAILED)
        munmap(copy.bytes, size);
    if (failed) {
        close(copy.fd);
        return -1;
    }
    __atomic_fetch_add(&bytes_made, size, __ATOMIC_RELAXED);
    return copy.fd;
}

static int copy_with(struct file *f, Section *table) {
    uint64_t size;
    memcpy(f->sections, f->bytes + f->head.e_shoff, f->head.e_shnum * sizeof *f->sections);
    if (!has_sound_sections(f) || has_supplement(f) || !(size = plan(f, table)))
        return -1;
    return make(f, table, size);
}

static int copy_of(struct file *f) {
    if (f->size < sizeof f->head)
        return -1;
    memcpy(&f->head, f->bytes, sizeof f->head);
    if (!is_native(f) || !has_tables(f))
        return -1;
    Section *table = calloc(f->head.e_shnum, sizeof *table);
    f->sections = calloc(f->head.e_shnum, sizeof *f->sections);
    int fd = table && f->sections ? copy_with(f, table) : -1;
    free(f->sections);
    free(table);
    return fd;
}

int debug_copy(int fd) {
    struct stat status;
    if (fstat(fd, &status) || status.st_size <= 0)
        return -1;
    struct file f = {.size = (uint64_t)status.st_size};
    f.bytes = mmap(NULL, f.size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (f.bytes == MAP_FAILED)
        return -1;
    int copy = copy_of(&f);
    munmap(f.bytes, f.size);
    return copy;
}

uint64_t debug_copy_bytes(void) {
    return __atomic_load_n(&bytes_made, __ATOMIC_RELAXED);
}
