"""What `make bench-gc` compares: the object runtime, CPython's C API, and the floors."""
from contenders import Contender, heapline, preload
from measuring import program

MIMALLOC = "libmimalloc.so.2.0"


def peer(name, around=lambda command, scratch: (command, {})):
    """A contender that is a program of the folder gc, which a row's command tells what to do."""
    return lambda command, scratch: around([program(f"gc-{name}"), *command], scratch)


CONTENDERS = {
    "heapline": Contender("the object runtime, by its public calls", peer("heapline")),
    "published": Contender("the same, its objects published to the tracer",
                           peer("heapline", heapline())),
    "cpython": Contender("CPython 3.11's C API, driven from C", peer("cpython")),
    "malloc": Contender("glibc's malloc and free, nothing else", peer("malloc")),
    "mimalloc": Contender("the same program with mimalloc", peer("malloc", preload(MIMALLOC))),
    "freelist": Contender("a list of free slots behind the same calls", peer("freelist")),
    "counted": Contender("the same with reference counts, a growing array, a compact dict",
                         peer("counted")),
    "boehm": Contender("Boehm's conservative collector", peer("boehm")),
}

VERSIONS = {
    "cpython": ("dpkg-query", "-W", "-f", "${Version}", "libpython3.11"),
    "mimalloc": ("dpkg-query", "-W", "-f", "${Version}", "libmimalloc2.0"),
    "boehm": ("dpkg-query", "-W", "-f", "${Version}", "libgc1"),
    "valgrind": ("valgrind", "--version"),
}
