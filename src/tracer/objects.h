/* The objects of a runtime (libheapline-gc), as blocks of a domain of their own. They are in no
 * table: an object's owner keeps its trace, which is a site and the era that the site belongs to,
 * and hands it back when the object dies. */
#ifndef TRACER_OBJECTS_H
#define TRACER_OBJECTS_H

/* A new arena, or traces were cleared: the arena says what there is, and of no collection. */
void objects_restart(void);

#endif
