#include "analysis/names.h"
#include <stdlib.h>
#include <string.h>
#include "analysis/demangle.h"

void names_init(struct names *names, struct pool *pool, struct intern *texts) {
    *names = (struct names){.texts = texts};
    intern_init(&names->mangled, pool);
}

static int grow(struct names *names) {
    uint32_t capacity = names->mangled.capacity;
    const char **readable = reallocarray(names->readable, capacity, sizeof *readable);
    if (!readable) {
        names->mangled.failed = 1;
        return -1;
    }
    names->readable = readable;
    names->capacity = capacity;
    return 0;
}

const char *names_readable(struct names *names, const char *name) {
    if (!name)
        return NULL;
    uint32_t id = intern_id(&names->mangled, name, strlen(name));
    if (id == INTERN_NONE || id > names->count || (id >= names->capacity && grow(names)))
        return NULL;
    if (id == names->count) {
        char *readable = demangle_name(name);
        names->readable[names->count++] = intern_text(names->texts, readable ? readable : name);
        free(readable);
    }
    return names->readable[id];
}

void names_fini(struct names *names) {
    intern_fini(&names->mangled);
    free(names->readable);
}
