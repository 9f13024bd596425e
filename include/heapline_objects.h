/* Objects that come with heapline-gc: numbers, strings, containers, classes made at run time.
 *
 * Ownership, errors and threads are heapline_gc.h's. The runtime is that of the object argument
 * where none is named. An argument of a wrong type is HEAPLINE_BAD_TYPE, an index out of range
 * HEAPLINE_BAD_INDEX, a name or key that is not there HEAPLINE_NO_KEY.
 */
#ifndef HEAPLINE_OBJECTS_H
#define HEAPLINE_OBJECTS_H
#include "heapline_gc.h"
#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* --- numbers --- */

/* Immortal, one each. */
struct hgc_object *hgc_none(struct hgc_runtime *rt);
struct hgc_object *hgc_bool(struct hgc_runtime *rt, int value);
/* -5 to 256 are immortal, one object each. */
struct hgc_object *hgc_int_new(struct hgc_runtime *rt, int64_t value);
struct hgc_object *hgc_float_new(struct hgc_runtime *rt, double value);
/* 0 and the value in *out, or -1. Bools are ints, as in Python. */
int hgc_int_get(const struct hgc_object *o, int64_t *out);
int hgc_float_get(const struct hgc_object *o, double *out);

/* --- strings --- */

/* A copy of `bytes` bytes, which must be UTF-8 (HEAPLINE_BAD_ARGUMENT). The empty string and those
 * of one ASCII character are shared. */
struct hgc_object *hgc_str_new(struct hgc_runtime *rt, const char *utf8, size_t bytes);
/* The one string object with this text. */
struct hgc_object *hgc_intern(struct hgc_runtime *rt, const char *utf8);
/* NUL-terminated, valid as long as the string; *bytes, if asked for, without the NUL. */
const char *hgc_str_borrow(const struct hgc_object *str, size_t *bytes);

/* --- sequences: an index below 0 counts from the end --- */

/* With new references to `items`. The empty tuple is shared. */
struct hgc_object *hgc_tuple_new(struct hgc_runtime *rt, struct hgc_object *const *items, size_t n);
struct hgc_object *hgc_list_new(struct hgc_runtime *rt, struct hgc_object *const *items, size_t n);
/* Of a list, tuple, dict or string (in characters); -1 for others. */
int64_t hgc_len(const struct hgc_object *container);
struct hgc_object *hgc_get(struct hgc_object *seq, int64_t i);
struct hgc_object *hgc_get_borrow(struct hgc_object *seq, int64_t i);
int hgc_list_set(struct hgc_object *list, int64_t i, struct hgc_object *o);
int hgc_list_append(struct hgc_object *list, struct hgc_object *o);
/* Before index i, which is clamped to the list. */
int hgc_list_insert(struct hgc_object *list, int64_t i, struct hgc_object *o);
/* The items from..to-1, both clamped; the last one is released first. */
int hgc_list_delete(struct hgc_object *list, int64_t from, int64_t to);
struct hgc_object *hgc_list_pop(struct hgc_object *list, int64_t i);

/* --- dicts: in the order of insertion --- */

struct hgc_object *hgc_dict_new(struct hgc_runtime *rt);
int hgc_dict_set(struct hgc_object *dict, struct hgc_object *key, struct hgc_object *value);
int hgc_dict_delete(struct hgc_object *dict, struct hgc_object *key);
/* 1 and a new reference to the value, 0 if there is none, -1 for a key that cannot be hashed. */
int hgc_dict_get(struct hgc_object *dict, struct hgc_object *key, struct hgc_object **out);
/* Steps through the items: begin with *position 0; 1 and an item, 0 at the end. Values may be
 * replaced meanwhile, keys neither added nor deleted. */
int hgc_dict_next_borrow(struct hgc_object *dict, size_t *position, struct hgc_object **key,
                         struct hgc_object **value);
/* Empties a list or dict. */
int hgc_clear(struct hgc_object *container);

/* --- classes made at run time --- */

/* A class, itself an object; it lives as long as its instances. With `slots` (an array of nslots
 * names, possibly none) its instances have exactly these attributes and the base's; with NULL, any.
 * `base` may be NULL. `finalize` as in struct hgc_type_spec; NULL: the base's. */
struct hgc_object *hgc_class_new(struct hgc_runtime *rt, const char *name, struct hgc_object *base,
                                 const char *const *slots, size_t nslots,
                                 int (*finalize)(struct hgc_runtime *rt, struct hgc_object *self));
struct hgc_object *hgc_instance_new(struct hgc_object *cls);
/* NULL for what is not an instance of a run-time class. */
struct hgc_object *hgc_class_of_borrow(const struct hgc_object *o);
/* Attributes of instances, and of classes, where their instances find them too. */
int hgc_attr_set(struct hgc_object *o, const char *name, struct hgc_object *value);
int hgc_attr_delete(struct hgc_object *o, const char *name);
struct hgc_object *hgc_attr_get(struct hgc_object *o, const char *name);

/* --- any object --- */

/* An iterator over a list, tuple or dict (its keys): see hgc_next. */
struct hgc_object *hgc_iter(struct hgc_object *container);
/* A text for people. */
struct hgc_object *hgc_str(struct hgc_object *o);
/* 1 equal, 0 not, -1 compared too deep. Numbers by value, strings by text, lists, tuples and dicts
 * by items, all else by identity. */
int hgc_equal(struct hgc_object *a, struct hgc_object *b);
/* 0 and the hash, or -1: lists and dicts have none. Equal objects have equal hashes. */
int hgc_hash(struct hgc_object *o, uint64_t *out);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
