#!/usr/bin/env python3
"""Reads what gc-programs prints, does the same operations in Python and compares what can be
observed, line by line. Needs CPython 3.11; exits with 1 at the first difference.

Three things are not compared as they stand. Automatic collections are replayed where they happened.
Within one collection the callbacks and finalizers that it calls are compared as a set, and ours must
come in the promised order: callbacks, then finalizers, each by generation (the one collected, 0, 1)
and birth, one object's callbacks the newest first; Python's order among survivors of earlier
collections is another. What dies of the clearing comes in no promised order. And where finalizers
unlink, the order decides whether an object is finalized by the collection or by the last reference.
Count 0 is left out: the interpreter's own objects are in it."""

import gc
import sys
import weakref

VARIABLES, WEAKREFS, OBJECTS, FROZEN = 10, 5, 400, 3
STATS = "collections", "collected", "uncollectable"
NOTHING, RESURRECT, LINK, UNLINK, COLLECT = range(5)


class Node:
    __slots__ = ("a", "b", "number", "__weakref__")

    def __init__(self, number):
        self.a = self.b = None
        self.number = number


class Finalized(Node):
    __slots__ = ()

    def __del__(self):
        log.append(f"F {self.number} {int(gc.is_finalized(self))}")
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


NODES = Node, Finalized


class Callback:
    """Kept outside of every cycle, so that it is never part of what is collected."""

    __slots__ = ("number", "drops_itself")

    def __init__(self, number, drops_itself):
        self.number, self.drops_itself = number, drops_itself

    def __call__(self, reference):
        log.append(f"W {self.number} {int(reference() is not None)}")
        for i in range(WEAKREFS):
            if self.drops_itself and references[i] is reference:
                references[i] = None


def tell(phase, info):
    if phase == "start":
        begin_run(f"{kind} {info['generation']}")
    else:
        log.append(f"done {info['collected']} {info['uncollectable']}")


def begin_run(line):
    log.append(line)
    ages.append({x.number: g for g in range(3) for x in gc.get_objects(g) if type(x) in NODES})


def collect(generation, what):
    global kind
    outer, kind = kind, what
    returned = gc.collect(generation)
    kind = outer
    if what == "run":
        log.append(f"returned {returned}")


def is_ours(o):
    return type(o) in NODES or (type(o) is weakref.ref and id(o) not in foreign)


def population(generation):
    return sum(is_ours(o) for o in gc.get_objects(generation))


def set_field(o, field, value):
    if field == "0":
        o.a = value
    else:
        o.b = value


def generation_of(o):
    for generation in range(3):
        if any(x is o for x in gc.get_objects(generation)):
            return generation
    return FROZEN


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


def weak(w, v, number, drops_itself):
    if number == "-1":
        references[int(w)] = weakref.ref(variables[int(v)])
        return
    callbacks.append(Callback(int(number), drops_itself == "1"))
    referent_of[int(number)] = variables[int(v)].number
    references[int(w)] = weakref.ref(variables[int(v)], callbacks[-1])


def dropweak(w):
    references[int(w)] = None


def look(v, w):
    v, w = int(v), int(w)
    log.append("population %d %d %d" % tuple(population(g) for g in range(3)))
    log.append("counts %d %d" % gc.get_count()[1:])
    for now, before in zip(gc.get_stats(), stats_before):
        log.append("stats %d %d %d" % tuple(now[key] - before[key] for key in STATS))
    if variables[v] is not None:
        count = sys.getrefcount(variables[v]) - 1
        log.append(f"object {variables[v].number} {count} {generation_of(variables[v])} "
                   f"{int(gc.is_finalized(variables[v]))}")
    referent = references[w]() if references[w] is not None else None
    log.append(f"weakref {-1 if referent is None else referent.number}")


def program(number):
    actions[:] = [NOTHING] * OBJECTS
    gc.collect()
    stats_before[:] = gc.get_stats()
    gc.freeze()  # the interpreter's own objects, and counts are 0
    forget()


def forget():
    del log[:], ages[:]


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
    end()


def end():
    """As at the interpreter's end: a collection without callbacks of its own. What then lives on,
    here dies before the next program begins."""
    gc.callbacks.remove(tell)
    begin_run("last 2")
    gc.collect()
    log.append(f"left {sum(population(g) for g in range(3))}")
    gc.callbacks.append(tell)
    seen = log[:], ages[:]
    while any(population(g) for g in range(3)):
        empty(resurrected)
        gc.collect()
    log[:], ages[:] = seen
    del callbacks[:]


OPERATIONS = {
    "new": new, "link": link, "linkweak": linkweak, "move": move, "load": load, "drop": drop,
    "copy": copy, "weak": weak, "dropweak": dropweak, "look": look, "program": program,
    "finish": finish, "freeze": gc.freeze, "unfreeze": gc.unfreeze,
    "collect": lambda generation: collect(int(generation), "run"),
}

variables, references = [None] * VARIABLES, [None] * WEAKREFS
resurrected, actions = [None] * OBJECTS, [NOTHING] * OBJECTS
callbacks, referent_of, log, kind = [], {}, [], "run"
ages = []  # of each collection: the generations of objects when it began
stats_before = []


def place(line, generation, age):
    """Where the collection of a generation has to call this, if it is for the collection to call."""
    if line.startswith("returned"):
        return None
    what, number, flag = line.split()
    birth = referent_of[int(number)] if what == "W" else int(number)
    if age.get(birth, FROZEN) > generation or (what, flag) == ("F", "0"):
        return None
    group = -1 if age[birth] == generation else age[birth]
    return what == "F", group, birth, -int(number)


def settle(inside, generation, age):
    """What happened within a collection, in the promised order; whether ours has come in it."""
    places = [(place(line, generation, age), line) for line in inside]
    called = [x for x in places if x[0]]
    if UNLINK in actions:
        inside = [line.rsplit(" ", 1)[0] if line.startswith("F") else line for line in inside]
    return sorted(inside), called == sorted(called)


def normal(lines):
    """The same lines, settled; whether all collections have called in the promised order."""
    result, inside, in_order, run_ages = [], None, True, iter(ages)
    for line in lines:
        if line.startswith(("run", "automatic", "last")):
            result.append(line)
            inside, generation, age = [], int(line.split()[1]), next(run_ages, {})
        elif inside is not None and line.startswith(("done", "left")):
            settled, ordered = settle(inside, generation, age)
            result += settled + [line]
            inside, in_order = None, in_order and ordered
        else:
            (result if inside is None else inside).append(line)
    return result, in_order


def differs(where, expected):
    (ours, in_order), (theirs, _) = normal(expected), normal(log)
    forget()
    if ours == theirs and in_order:
        return False
    print(f"{where}\n  runtime: {ours}\n  Python:  {theirs}\n  promised order: {in_order}")
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
    foreign_weakrefs = [x for x in gc.get_objects() if type(x) is weakref.ref]
    foreign = {id(x) for x in foreign_weakrefs}
    gc.callbacks.append(tell)
    sys.exit(replay(sys.stdin))
