/* C++ (Itanium) and Rust (v0 and legacy) symbol names made readable. Pure; thread-safe. */
#ifndef ANALYSIS_DEMANGLE_H
#define ANALYSIS_DEMANGLE_H

/* Without parameter and return types, and without Rust's hashes. A malloc'ed text, or NULL where
 * the name is not mangled. */
char *demangle_name(const char *name);

#endif
