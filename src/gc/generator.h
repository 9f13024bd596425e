/* Generators: a C function, its frame, and where it stands. */
#ifndef GC_GENERATOR_H
#define GC_GENERATOR_H

#include "gc/runtime.h"

enum generator_state { GENERATOR_FRESH, GENERATOR_SUSPENDED, GENERATOR_RUNNING, GENERATOR_ENDED };

struct generator {
    struct hgc_object head;
    const struct hgc_generator_spec *spec;
    uint64_t state; /* enum generator_state */
    uint64_t hidden;
    _Alignas(8) char frame[];
};

extern const struct hgc_type generator_type;

int generator_resume(struct hgc_object *o, int how, struct hgc_object *sent,
                     struct hgc_object **out);

#endif
