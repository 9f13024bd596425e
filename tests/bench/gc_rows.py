"""The rows of `make bench-gc`: the works of the folder gc, by whom, and what is wanted of them."""
import re
from dataclasses import dataclass, replace

from measuring import Failed, Row, Sample, measure, sample, scratch_directory, text_of

OURS, PEER, TRACED = "heapline", "cpython", "published"
BOTH = (OURS, PEER)
VARIED = 1.3  # what finalizers and weak references may cost of a ratio
HEAP, QUEUE, CHAIN, TREE = 5e6, 5e5, 1e7, 18


@dataclass
class GcRow(Row):
    """`must` and `aim`: how many times less than CPython; `most`: the same as figures, not ratios, of
    what the contender `added` takes more, if one is named. `limit`: how many times as much as the contender `floor`."""
    unit: str = "ns"
    must: float = None
    aim: float = None
    floor: str = None
    limit: float = None
    most: tuple = None
    added: str = None
    take: object = sample


def printed(one):
    """(figure, what tells that the work was the same)."""
    figure, check = one.printed.split()
    return float(figure), int(check)


def counted(command, count, contender):
    """The instructions of the command with a count as its last word."""
    with scratch_directory() as scratch:
        words, additions = contender.wrap([*command, str(count)], scratch)
        measure(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *words],
                additions, scratch)
        found = re.search(r"Collected : (\d+)", text_of(scratch, "err"))
    if not found:
        raise Failed("valgrind does not tell the instructions")
    return int(found[1])


def count_instructions(row, contender):
    """Of one operation: what twice as many take more. A Sample that says so."""
    count = int(row.command[-1])
    more = (counted(row.command[:-1], 2 * count, contender)
            - counted(row.command[:-1], count, contender))
    return Sample(0, 0, 0, f"{more / count} 0")


def work(name, *command, contenders=BOTH, **wanted):
    """A row of one work."""
    return GcRow(name, [str(word) for word in command], contenders, **wanted)


def varied(rows):
    """The rows once more, with finalizers and with weak references on a tenth of the objects."""
    return [replace(row, name=f"{row.name}, {kind}", command=[*row.command, kind],
                    contenders=BOTH, must=row.must / VARIED, aim=row.must, floor=None, limit=None)
            for row in rows for kind in ("finalizers", "weakrefs")]


def accompanied(rows):
    """The tree with an object more for a tenth of the nodes: no weak reference can cost less."""
    return [work(f"{row.name}, companions", *row.command, "companions", contenders=(OURS,))
            for row in rows if row.command[0] == "trees"]


def object_rows(scale):
    """One object at a time."""
    many, some, batch = int(5e7 * scale), int(1e7 * scale), int(1e6 * scale)
    bare = ("malloc", "mimalloc", "freelist")
    return [
        work("int create + destroy", "ints", many, contenders=BOTH + bare, must=3.5, aim=4,
             floor="freelist", limit=1.3),
        work("node, last in first out", "lifo", many, contenders=BOTH + bare, must=2.2, aim=3,
             floor="malloc", limit=1.25),
        work("the same, instructions", "lifo", 20000, unit="", most=(60, 60),
             take=count_instructions),
        work("the same, published, at depth 25", "lifo-deep", some, contenders=(OURS, TRACED),
             most=(35, 25), added=TRACED),
        work("nodes in batches, gc on", "batches", batch, contenders=BOTH + ("boehm",), must=11,
             aim=14),
        work("nodes in batches, gc off", "batches-gc-off", batch, contenders=BOTH + bare, must=3,
             aim=3.5, floor="mimalloc", limit=1.1),
        work("instance of a class with slots", "instances", some, must=4, aim=6),
    ]


def container_rows(scale):
    """Lists and dicts of ints."""
    count, three = int(1e6 * scale), BOTH + ("counted",)
    return [
        work("list: build + destroy", "list", count, contenders=three, must=2.5, aim=3.5,
             floor="counted", limit=1.3),
        work("dict: insert", "dict-insert", count, contenders=three, must=2, aim=2.7,
             floor="counted", limit=1.15),
        work("dict: sequential look-up", "dict-sequential", count, contenders=three, must=1.5,
             aim=1.7, floor="counted", limit=1.15),
        work("dict: random look-up", "dict-random", count, contenders=three, must=1.3, aim=1.5,
             floor="counted", limit=1.15),
    ]


def graph_rows(scale):
    """What reference counts see to, and cycles."""
    count, depth = int(1e6 * scale), TREE if scale == 1 else TREE - 4
    return [
        work("cycles, automatic: nodes", "cycles", count, contenders=BOTH + ("boehm",), must=2.3,
             aim=3),
        work("cycles, automatic: instances", "cycles-instances", count, must=4, aim=5),
        work("one collect of dropped cycles", "collect-cycles", count, must=4, aim=6),
        work("drop of a chain", "chain", int(CHAIN * scale),
             contenders=BOTH + ("freelist", "counted"), must=6, aim=7, floor="freelist",
             limit=1.3),
        work("collect of a ring", "collect-ring", count, must=4, aim=5),
        work("binary tree, gc on", "trees", depth, contenders=BOTH + ("counted", "boehm"), must=30,
             aim=34, floor="counted", limit=1.7),
        work("binary tree, gc off", "trees-gc-off", depth, contenders=BOTH + ("counted",), must=2,
             aim=2.4, floor="counted", limit=1.4),
        work("changing edges", "edges", int(1e7 * scale), contenders=BOTH + ("counted",),
             must=1.15, aim=1.2, floor="counted", limit=1.15),
    ]


def heap_rows(scale):
    """A large live heap."""
    live, queue = int(HEAP * scale), int(QUEUE * scale)
    return [
        work("full collect, untouched", "full-untouched", live, unit="ms", most=(0.05, 0.05)),
        work("full collect, all touched", "full-touched", live, unit="ms", must=2.5, aim=5),
        work("full collect, whole-heap pass", "full-whole", live, contenders=BOTH + ("boehm",),
             unit="ms", must=4, aim=7),
        work("queue of cycles: longest pause", "queue-pause", queue, unit="ms", must=15, aim=20),
        work("queue of cycles: pause mode", "queue-slice", queue, unit="ms", most=(0.5, 0.25)),
        work("queue of cycles: old collections", "queue-old", queue, unit="ms", must=20, aim=25),
    ]


def memory_rows(scale):
    """Bytes of an object."""
    count = int(5e6 * scale)
    return [work(name, f"bytes-{what}", count, unit="B", most=(most, most)) for name, what, most in (
        ("node of two fields", "nodes", 26),
        ("instance, two slots and weakrefs", "slots", 42),
        ("instance, two attributes on demand", "attributes", 42),
        ("int", "ints", 17),
        ("str of eight characters", "strs", 33))]


def sections(scale):
    """[(title, rows)]; `scale` shortens them."""
    groups = [("objects", object_rows(scale)), ("containers", container_rows(scale)),
              ("graphs and cycles", graph_rows(scale)), ("large heap", heap_rows(scale))]
    nodes = {"lifo", "batches", "cycles", "collect-cycles", "chain", "collect-ring", "trees",
             "full-touched", "queue-pause", "queue-old"}
    again = [row for _, rows in groups for row in rows if row.command[0] in nodes and row.must]
    return [*groups,
            ("a tenth with finalizers or weak references", varied(again) + accompanied(again)),
            ("memory", memory_rows(scale))]
