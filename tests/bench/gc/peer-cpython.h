/* CPython's C API: types written in C, no bytecode. What it has no call for with the same meaning
 * is spelled out: dict_get returns a new reference, like the runtime's. */
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define HAS_NODES
#define HAS_EDGES
#define HAS_INTS
#define HAS_INSTANCES
#define HAS_LISTS
#define HAS_DICTS
#define HAS_GC
#define HAS_GENERATIONS

typedef PyObject *ref, *list_ref, *dict_ref;

struct node {
    PyObject_HEAD ref fields[2];
};

struct watched_node {
    struct node node;
    ref weakrefs;
};

extern PyTypeObject *peer_types[3]; /* by kind */
extern ref peer_classes[3];         /* two slots, with weak references, attributes on demand */
extern ref peer_names[2];
extern long peer_events;

void peer_start(void);
void peer_watch_node(ref node);

static inline ref hold(ref o) {
    Py_INCREF(o);
    return o;
}

static inline void drop(ref o) {
    Py_DECREF(o);
}

static inline void drop_all(ref o) {
    Py_DECREF(o);
}

static inline __attribute__((always_inline)) ref node_new(enum kind kind) {
    struct node *node = PyObject_GC_New(struct node, peer_types[kind]);
    node->fields[0] = node->fields[1] = NULL;
    if (kind == WATCHED)
        ((struct watched_node *)node)->weakrefs = NULL;
    PyObject_GC_Track(node);
    if (kind == WATCHED)
        peer_watch_node((ref)node);
    return (ref)node;
}

static inline void node_fill(ref o, ref first, ref second) {
    struct node *node = (struct node *)o;
    node->fields[0] = first;
    node->fields[1] = second;
}

static inline void node_set(ref o, int field, ref to) {
    ref *place = &((struct node *)o)->fields[field], old = *place;
    *place = Py_NewRef(to);
    Py_XDECREF(old);
}

static inline ref int_new(long value) {
    return PyLong_FromLong(value);
}

static inline ref str_new(const char *text, size_t bytes) {
    return PyUnicode_FromStringAndSize(text, (Py_ssize_t)bytes);
}

static inline ref instance_new(void) {
    return PyObject_CallNoArgs(peer_classes[0]);
}

static inline ref instance_watchable_new(void) {
    return PyObject_CallNoArgs(peer_classes[1]);
}

static inline ref instance_open_new(void) {
    return PyObject_CallNoArgs(peer_classes[2]);
}

static inline void instance_set(ref o, int slot, ref value) {
    PyObject_SetAttr(o, peer_names[slot], value);
}

static inline list_ref list_new(void) {
    return PyList_New(0);
}

static inline void list_append(list_ref list, ref item) {
    PyList_Append(list, item);
}

static inline long list_length(list_ref list) {
    return PyList_GET_SIZE(list);
}

static inline void list_drop(list_ref list) {
    drop(list);
}

static inline dict_ref dict_new(void) {
    return PyDict_New();
}

static inline void dict_set(dict_ref dict, ref key, ref value) {
    PyDict_SetItem(dict, key, value);
}

static inline ref dict_get(dict_ref dict, ref key) {
    return Py_XNewRef(PyDict_GetItemWithError(dict, key));
}

static inline long dict_length(dict_ref dict) {
    return PyDict_Size(dict);
}

void gc_enable(int on);
long gc_collect(void);
long gc_total(void);
void gc_watch(void (*fn)(int stop, int generation));

static inline void gc_forget(void) {}

static inline void gc_slice(void) {}
