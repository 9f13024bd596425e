/* Who this process is, written into the arena's header. */
#ifndef TRACER_IDENTITY_H
#define TRACER_IDENTITY_H

#include "tracer/settings.h"

/* The texts that stay for the life of an image: executable, command line, directory, output. */
void identity_describe(const struct settings *s);
/* Pid, start time, image number; then the magic: from here on readers take the arena for valid. */
void identity_publish(void);

#endif
