/* CPython: node types, classes, and what its collector tells. */
#include "work.h"

#include <stddef.h>
#include <string.h>
#include <structmember.h>

PyTypeObject *peer_types[3];
ref peer_classes[3], peer_names[2];
long peer_events;

static ref gc_module;
static long collected_before;

static ref need(ref o) {
    if (!o) {
        PyErr_Print();
        abort();
    }
    return o;
}

/* --- nodes --- */

static int node_traverse(ref o, visitproc visit, void *arg) {
    struct node *node = (struct node *)o;
    Py_VISIT(node->fields[0]);
    Py_VISIT(node->fields[1]);
    Py_VISIT(Py_TYPE(o));
    return 0;
}

static int node_clear(ref o) {
    struct node *node = (struct node *)o;
    Py_CLEAR(node->fields[0]);
    Py_CLEAR(node->fields[1]);
    return 0;
}

static void node_dealloc(ref o) {
    PyTypeObject *type = Py_TYPE(o);
    PyObject_GC_UnTrack(o);
    Py_TRASHCAN_BEGIN(o, node_dealloc) node_clear(o);
    PyObject_GC_Del(o);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

static void finalized_dealloc(ref o) {
    if (PyObject_CallFinalizerFromDealloc(o) == 0)
        node_dealloc(o);
}

static void watched_dealloc(ref o) {
    if (((struct watched_node *)o)->weakrefs)
        PyObject_ClearWeakRefs(o);
    node_dealloc(o);
}

static void node_finalize(ref o) {
    (void)o;
    peer_events++;
}

static PyMemberDef watched_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(struct watched_node, weakrefs), READONLY, NULL},
    {0}};

/* `slot` is what the kind has besides. */
static PyTypeObject *node_type(const char *name, size_t size, destructor dealloc,
                               PyType_Slot slot) {
    PyType_Slot slots[] = {{Py_tp_traverse, (void *)node_traverse},
                           {Py_tp_clear, (void *)node_clear},
                           {Py_tp_dealloc, (void *)dealloc},
                           slot,
                           {0, NULL}};
    PyType_Spec spec = {name, (int)size, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
    return (PyTypeObject *)need(PyType_FromSpec(&spec));
}

static void make_types(void) {
    size_t size = sizeof(struct node);
    PyType_Slot none = {0, NULL}, finalize = {Py_tp_finalize, (void *)node_finalize},
                members = {Py_tp_members, watched_members};
    peer_types[PLAIN] = node_type("bench.node", size, node_dealloc, none);
    peer_types[FINALIZED] = node_type("bench.finalized", size, finalized_dealloc, finalize);
    peer_types[WATCHED] =
        node_type("bench.watched", sizeof(struct watched_node), watched_dealloc, members);
}

static ref node_died(ref unused, ref weakref) {
    (void)unused;
    peer_events++;
    Py_DECREF(weakref);
    Py_RETURN_NONE;
}

void peer_watch_node(ref node) {
    static PyMethodDef method = {"node_died", node_died, METH_O, NULL};
    static ref callback;
    if (!callback)
        callback = need(PyCFunction_New(&method, NULL));
    need(PyWeakref_NewRef(node, callback));
}

/* --- classes --- */

static ref make_class(const char *name, ref slots) {
    ref names = need(PyDict_New());
    if (slots)
        PyDict_SetItemString(names, "__slots__", slots);
    return need(PyObject_CallFunction((ref)&PyType_Type, "s()O", name, names));
}

static long collected(void) {
    ref stats = need(PyObject_CallMethod(gc_module, "get_stats", NULL));
    long total = 0;
    for (int i = 0; i < 3; i++)
        total += PyLong_AsLong(need(PyDict_GetItemString(PyList_GetItem(stats, i), "collected")));
    return total;
}

void peer_start(void) {
    Py_InitializeEx(0);
    gc_module = need(PyImport_ImportModule("gc"));
    make_types();
    peer_classes[0] = make_class("slots", need(Py_BuildValue("(ss)", "a", "b")));
    peer_classes[1] =
        make_class("watchable", need(Py_BuildValue("(sss)", "a", "b", "__weakref__")));
    peer_classes[2] = make_class("open", NULL);
    peer_names[0] = need(PyUnicode_InternFromString("a"));
    peer_names[1] = need(PyUnicode_InternFromString("b"));
    PyGC_Collect();
    collected_before = collected();
}

/* --- the collector --- */

void gc_enable(int on) {
    if (on)
        PyGC_Enable();
    else
        PyGC_Disable();
}

/* PyGC_Collect does nothing while disabled. */
long gc_collect(void) {
    int enabled = PyGC_Enable();
    long collected = PyGC_Collect();
    gc_enable(enabled);
    return collected;
}

long gc_total(void) {
    return collected() - collected_before;
}

static void (*watcher)(int stop, int generation);

static ref tell(ref unused, ref args) {
    const char *phase;
    ref info;
    (void)unused;
    if (!PyArg_ParseTuple(args, "sO", &phase, &info))
        return NULL;
    watcher(!strcmp(phase, "stop"), (int)PyLong_AsLong(PyDict_GetItemString(info, "generation")));
    Py_RETURN_NONE;
}

void gc_watch(void (*fn)(int stop, int generation)) {
    static PyMethodDef method = {"tell", tell, METH_VARARGS, NULL};
    watcher = fn;
    PyList_Append(need(PyObject_GetAttrString(gc_module, "callbacks")),
                  need(PyCFunction_New(&method, NULL)));
}
