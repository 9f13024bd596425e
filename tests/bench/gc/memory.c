/* Bytes of resident memory for each object of a kind. */
#include <unistd.h>
#include "work.h"

static double resident(void) {
    long size, pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%ld %ld", &size, &pages) != 2)
        abort();
    fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

#define BYTES(name, make)                                                     \
    static struct result bytes_##name(long count, enum kind kind) {           \
        (void)kind;                                                           \
        ref *objects = work_array(count, sizeof *objects);                    \
        double before = resident();                                           \
        for (long i = 0; i < count; i++)                                      \
            objects[i] = make;                                                \
        return (struct result){(resident() - before) / (double)count, count}; \
    }

#ifdef HAS_NODES
BYTES(nodes, node_new(PLAIN))
#endif
#ifdef HAS_INTS
BYTES(ints, int_new(FIRST_INT + i))
#endif
#ifdef HAS_INSTANCES
static ref filled(ref o) {
    static ref value;
    if (!value)
        value = int_new(FIRST_INT);
    instance_set(o, 0, value);
    instance_set(o, 1, value);
    return o;
}

static ref text(long i) {
    char digits[24];
    snprintf(digits, sizeof digits, "%08ld", i);
    return str_new(digits, 8);
}

BYTES(slots, filled(instance_watchable_new()))
BYTES(attributes, filled(instance_open_new()))
BYTES(strs, text(i))
#endif

const struct work memory_works[] = {
#ifdef HAS_NODES
    {"bytes-nodes", bytes_nodes},
#endif
#ifdef HAS_INTS
    {"bytes-ints", bytes_ints},
#endif
#ifdef HAS_INSTANCES
    {"bytes-slots", bytes_slots},
    {"bytes-attributes", bytes_attributes},
    {"bytes-strs", bytes_strs},
#endif
    {0}};
