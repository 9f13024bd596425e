#define _GNU_SOURCE
#include "truth.h"

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct count {
    uint64_t bytes, count;
};

struct row {
    const char *file;
    int line;
    struct count current, peak, total;
    uint64_t temporary;
};

struct block {
    void *address;
    size_t size;
    struct row *row;
    const void *thread;
};

enum { ROWS = 4096, BLOCKS = 1 << 18 };

int truth_serial, truth_unknown, truth_image = -1;
pid_t truth_pid;
unsigned long truth_lost;

static struct row rows[ROWS];
static unsigned row_count;
static struct block blocks[BLOCKS];
static uint64_t live, most;
static atomic_int wanted; /* by truth_hold */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread void *newest;       /* this thread's last allocation */
static __thread struct block taken; /* what truth_release took out, for a realloc that fails */
static __thread int taken_newest;

static struct row *find_row(const char *file, int line) {
    for (unsigned i = 0; i < row_count; i++)
        if (rows[i].line == line && strcmp(rows[i].file, file) == 0)
            return &rows[i];
    if (row_count == ROWS)
        abort();
    rows[row_count] = (struct row){.file = file, .line = line};
    return &rows[row_count++];
}

static unsigned home(const void *address) {
    return (unsigned)(((uintptr_t)address >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 46) % BLOCKS;
}

static struct block *find_block(const void *address) {
    unsigned i = home(address);
    while (blocks[i].address && blocks[i].address != address)
        i = (i + 1) % BLOCKS;
    return &blocks[i];
}

/* Moves back what collided with the removed block, so that look-ups may stop at an empty slot. */
static void remove_block(struct block *block) {
    unsigned hole = (unsigned)(block - blocks), i = hole;
    for (;;) {
        i = (i + 1) % BLOCKS;
        if (!blocks[i].address)
            break;
        unsigned distance = (i - home(blocks[i].address)) % BLOCKS;
        if (distance >= (i - hole) % BLOCKS) {
            blocks[hole] = blocks[i];
            hole = i;
        }
    }
    blocks[hole].address = NULL;
}

static void add(struct block block) {
    *find_block(block.address) = block;
    block.row->current.bytes += block.size;
    block.row->current.count++;
    live += block.size;
    if (live <= most)
        return;
    most = live;
    for (unsigned i = 0; i < row_count; i++)
        rows[i].peak = rows[i].current;
}

void truth_enter(void) {
    while (wanted)
        sched_yield(); /* mutexes are not fair */
    if (truth_serial)
        pthread_mutex_lock(&lock);
}

void truth_leave(void) {
    if (truth_serial)
        pthread_mutex_unlock(&lock);
}

static void begin(void) {
    if (!truth_serial)
        pthread_mutex_lock(&lock);
}

static void *record(const char *file, int line, void *address, size_t size) {
    if (address) {
        struct row *row = find_row(file, line);
        row->total.bytes += size;
        row->total.count++;
        add((struct block){address, size, row, &newest});
        newest = address;
    } else {
        truth_lost++;
    }
    pthread_mutex_unlock(&lock);
    return address;
}

void *truth_allocated(const char *file, int line, void *address, size_t size) {
    begin();
    return record(file, line, address, size);
}

static void put_back(void) {
    add(taken);
    taken.row->temporary -= (uint64_t)taken_newest;
    newest = taken_newest ? taken.address : newest;
    truth_lost++;
}

/* After truth_release(block) and realloc(block, size). */
void *truth_reallocated(const char *file, int line, void *address, size_t size) {
    begin();
    if (address || (!taken.address && size > 0))
        return record(file, line, address, size);
    if (size > 0)
        put_back();
    pthread_mutex_unlock(&lock);
    return address;
}

void truth_release(void *address) {
    pthread_mutex_lock(&lock);
    taken.address = NULL;
    if (address) {
        struct block *block = find_block(address);
        if (!block->address)
            abort();
        taken = *block;
        remove_block(block);
        taken.row->current.bytes -= taken.size;
        taken.row->current.count--;
        live -= taken.size;
        taken_newest = newest == address && taken.thread == &newest;
        taken.row->temporary += (uint64_t)taken_newest;
        newest = taken_newest ? NULL : newest;
    }
    if (!truth_serial)
        pthread_mutex_unlock(&lock);
}

static void emit(const char *format, ...) {
    static char text[512];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (write(1, text, (size_t)size) != size)
        _exit(99);
}

static const char *number(char text[24], uint64_t value, int unknown) {
    if (unknown)
        return "null";
    snprintf(text, 24, "%llu", (unsigned long long)value);
    return text;
}

void truth_print(void) {
    char a[24], b[24], c[24];
    int no_peak = truth_unknown & TRUTH_NO_PEAK;
    pid_t pid = truth_pid ? truth_pid : getpid();
    for (unsigned i = 0; i < row_count; i++) {
        const struct row *row = &rows[i];
        emit("{\"truth\":\"row\",\"pid\":%d,\"image\":%d,\"file\":\"%s\",\"line\":%d,"
             "\"current\":{\"bytes\":%llu,\"count\":%llu},\"peak\":{\"bytes\":%s,\"count\":%s},"
             "\"total\":{\"bytes\":%llu,\"count\":%llu},\"temporary\":%s}\n",
             (int)pid, truth_image, row->file, row->line, (unsigned long long)row->current.bytes,
             (unsigned long long)row->current.count, number(a, row->peak.bytes, no_peak),
             number(b, row->peak.count, no_peak), (unsigned long long)row->total.bytes,
             (unsigned long long)row->total.count,
             number(c, row->temporary, truth_unknown & TRUTH_NO_TEMPORARY));
    }
    emit("{\"truth\":\"end\",\"pid\":%d,\"image\":%d,\"others\":%s,\"failed\":%lu}\n", (int)pid,
         truth_image, truth_unknown & TRUTH_NO_OTHERS ? "null" : "0", truth_lost);
}

void truth_restart(void) {
    memset(rows, 0, sizeof rows[0] * row_count);
    memset(blocks, 0, sizeof blocks);
    row_count = 0;
    live = most = 0;
    truth_lost = 0;
    newest = NULL;
    truth_unknown = TRUTH_NO_PEAK | TRUTH_NO_OTHERS;
    pthread_mutex_init(&lock, NULL);
}

void truth_hold(void) {
    wanted = 1;
    pthread_mutex_lock(&lock);
    wanted = 0;
}

void truth_let_go(void) {
    pthread_mutex_unlock(&lock);
}
