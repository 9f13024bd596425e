#!/usr/bin/env python3
"""Reads what gc-programs prints, does the same operations in Python and compares what can be
observed. Within one collection callbacks and finalizers are compared sorted: Python's order among
survivors of earlier collections is not reproduced. Automatic collections are replayed where they
happened. Needs CPython 3.11; exits with 1 at the first difference."""

import gc
import sys
import weakref

VARIABLES, WEAKREFS, OBJECTS = 10, 5, 400
NOTHING, RESURRECT, LINK, UNLINK, COLLECT = range(5)


class Node:
    __slots__ = ("a", "b", "number", "__weakref__")

    def __init__(self, number):
        self.a = self.b = None
        self.number = number


class Finalized(Node):
    __slots__ = ()

    def __del__(self):
        log.append(f"F {self.number}")
        action = actions[self.number]
        if action == RESURRECT:
            resurrected[self.number] = self
        elif action == LINK:
            if self.b is None:
                self.b = self
        elif action == UNLINK:
            self.a = None
        elif action == COLLECT:
            collect(2, "run")


class Callback:
    """Kept outside of every cycle, so that it is never part of what is collected."""

    __slots__ = ("number",)

    def __init__(self, number):
        self.number = number

    def __call__(self, reference):
        log.append(f"W {self.number} {int(reference() is not None)}")


def tell(phase, info):
    if phase == "start":
        log.append(f"{kind} {info['generation']}")
    else:
        log.append(f"done {info['collected']} {info['uncollectable']}")


def collect(generation, what):
    global kind
    outer, kind = kind, what
    gc.collect(generation)
    kind = outer


def set_field(o, field, value):
    if field == "0":
        o.a = value
    else:
        o.b = value


def generation_of(o):
    for generation in (0, 1):
        if any(x is o for x in gc.get_objects(generation)):
            return generation
    return 2


def new(v, number, finalized, action):
    actions[int(number)] = int(action)
    variables[int(v)] = (Finalized if finalized == "1" else Node)(int(number))


def link(v, field, to):
    set_field(variables[int(v)], field, variables[int(to)])


def linkweak(v, field, w):
    set_field(variables[int(v)], field, references[int(w)])


def move(v, field, to):
    owner, variables[int(to)], moved = variables[int(v)], None, variables[int(to)]
    set_field(owner, field, moved)


def load(v, field, to):
    variables[int(to)] = variables[int(v)].a if field == "0" else variables[int(v)].b


def drop(v):
    variables[int(v)] = None


def copy(v, to):
    variables[int(to)] = variables[int(v)]


def weak(w, v, number):
    if number == "-1":
        references[int(w)] = weakref.ref(variables[int(v)])
        return
    callbacks.append(Callback(int(number)))
    references[int(w)] = weakref.ref(variables[int(v)], callbacks[-1])


def dropweak(w):
    references[int(w)] = None


def look(v, w):
    v, w = int(v), int(w)
    log.append("counts %d %d" % gc.get_count()[1:])
    if variables[v] is not None:
        count = sys.getrefcount(variables[v]) - 1
        log.append(f"object {variables[v].number} {count} {generation_of(variables[v])} "
                   f"{int(gc.is_finalized(variables[v]))}")
    referent = references[w]() if references[w] is not None else None
    log.append(f"weakref {-1 if referent is None else referent.number}")


def program(number):
    gc.collect()  # what the last program has left
    del log[:]
    gc.freeze()  # the interpreter's own objects, and counts are 0


def empty(places):
    for i in range(len(places)):
        places[i] = None


def finish():
    gc.unfreeze()
    for _ in range(2):
        empty(variables)
        empty(references)
        empty(resurrected)
        collect(2, "run")
    empty(resurrected)
    del callbacks[:]


OPERATIONS = {
    "new": new, "link": link, "linkweak": linkweak, "move": move, "load": load, "drop": drop,
    "copy": copy, "weak": weak, "dropweak": dropweak, "look": look, "program": program,
    "finish": finish, "freeze": gc.freeze, "unfreeze": gc.unfreeze,
    "collect": lambda generation: collect(int(generation), "run"),
}

variables, references = [None] * VARIABLES, [None] * WEAKREFS
resurrected, actions = [None] * OBJECTS, [0] * OBJECTS
callbacks, log, kind = [], [], "run"


def in_collections(lines):
    """The same lines, callbacks and finalizers sorted within each collection."""
    result, inside = [], None
    for line in lines:
        if line.startswith(("run", "automatic")):
            result.append(line)
            inside = []
        elif line.startswith("done"):
            result += sorted(inside) + [line]
            inside = None
        elif inside is not None:
            inside.append(line)
        else:
            result.append(line)
    return result


def differs(where, expected):
    ours = in_collections(expected)
    theirs = in_collections(log)
    del log[:]
    if ours == theirs:
        return False
    print(f"{where}\n  runtime: {ours}\n  Python:  {theirs}")
    return True


def do(operation, expected):
    name, *arguments = operation.split()
    for line in expected:
        if line.startswith("automatic"):
            collect(int(line.split()[1]), "automatic")
    OPERATIONS[name](*arguments)


def replay(lines):
    operation, expected, current, number = None, [], None, 0
    for line in lines:
        line = line.rstrip("\n")
        if line.startswith("= "):
            expected.append(line[2:])
            continue
        if operation is not None:
            do(operation, expected)
            if differs(f"program {current}, operation {number}: {operation}", expected):
                return 1
        operation, expected, number = line[2:], [], number + 1
        if operation.startswith("program"):
            current, number = operation.split()[1], 0
        if operation == "end":
            return 0
    print("the programs ended early")
    return 1


if __name__ == "__main__":
    if sys.version_info[:2] != (3, 11):
        sys.exit(77)
    gc.disable()
    gc.callbacks.append(tell)
    sys.exit(replay(sys.stdin))
