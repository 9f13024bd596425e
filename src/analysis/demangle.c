#include "analysis/demangle.h"
#include <libiberty/demangle.h>
#include <string.h>

char *demangle_name(const char *name) {
    if (strncmp(name, "_Z", 2) && strncmp(name, "_R", 2))
        return NULL;
    char *rust = rust_demangle(name, DMGL_NO_OPTS); /* first: the legacy form looks like C++ */
    return rust ? rust : cplus_demangle_v3(name, DMGL_NO_OPTS);
}
