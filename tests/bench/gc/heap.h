/* A large live heap. */
#pragma once

#include "work.h"

/* `count` nodes, the first of which holds all others: a binary tree that grew in random places, so
 * that neighbours in it are far apart in memory. They have been collected once, and belong to the
 * oldest generation. Returns them; only the first is owned. */
ref *heap_new(long count, enum kind kind);
