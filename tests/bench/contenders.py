"""What is compared: the bare program, heapline in its forms, and its peers."""
import os
import shlex
from dataclasses import dataclass
from typing import Callable

from measuring import HEAPLINE, LIBHEAPLINE, complaint, first_line, program, scratch_directory

HEAPTRACK_PRELOAD = "/usr/lib/heaptrack/libheaptrack_preload.so"
TCMALLOC = "libtcmalloc.so.4"
JEMALLOC = "libjemalloc.so.2"


@dataclass
class Contender:
    """`wrap` turns a command into (command, environment); `base` is what it is an addition to, and
    `ours` the form of heapline that does the same job."""
    what: str
    wrap: Callable
    base: str = "bare"
    ours: str = "heapline"


def preload(library, **settings):
    """A contender that is a preloaded library; SCRATCH in a setting is the run's directory."""
    def wrap(command, scratch):
        additions = {key: value.replace("SCRATCH", scratch) for key, value in settings.items()}
        return command, {"LD_PRELOAD": library, **additions}
    return wrap


def heapline(**more):
    """The library alone, its record left in the scratch directory."""
    return preload(LIBHEAPLINE, HEAPLINE_SESSION="1", HEAPLINE_CHILDREN="0",
                   HEAPLINE_DIR="SCRATCH", **more)


def prefix(*words):
    """A contender that is a command in front of the program's; SCRATCH as above."""
    def wrap(command, scratch):
        return [word.replace("SCRATCH", scratch) for word in words] + command, {}
    return wrap


def then(first, second):
    """The program under `first`, then the report that `second` prints."""
    return prefix("sh", "-c", f'{shlex.join(first)} "$@" && {second}', "sh")


def again(wrap):
    """As `wrap`, by who has traced the program before: symbols are in BENCH_KNOWN, a directory that
    all runs share."""
    def wrap_again(command, scratch):
        words, additions = wrap(command, scratch)
        return words, {**additions, "HEAPLINE_CACHE": os.environ["BENCH_KNOWN"]}
    return wrap_again


def tracemalloc(command, _):
    """python3 that traces itself."""
    return [command[0], "-X", "tracemalloc=25"] + command[1:], {}


RUN = [HEAPLINE, "run", "-q", "-f", "-o", "SCRATCH/bench.snap", "--no-children", "--"]
TOP = f"{shlex.quote(HEAPLINE)} top SCRATCH/bench.snap"
HEAPTRACK_REPORT = 'heaptrack_print -f "$(ls SCRATCH/ht.*)"'

CONTENDERS = {
    "bare": Contender("the program alone", lambda command, _: (command, {})),
    "floor": Contender("a hook, a word for each block, the totals; no call paths",
                       preload(program("libfloor.so"), FLOOR_FRAMES="0")),
    "floor+path": Contender("the same per site, and it reads as many words of the stack as paths "
                            "have frames", preload(program("libfloor.so"))),
    "heapline": Contender("libheapline.so preloaded, its record left in memory", heapline()),
    "off": Contender("the same with HEAPLINE_START=0", heapline(HEAPLINE_START="0")),
    "first run": Contender("heapline run: with reading the record, symbols and the snapshot",
                           prefix(*RUN), ours="run"),
    "run": Contender("the same from the second time on, when it knows the symbols",
                     again(prefix(*RUN)), ours="run"),
    "first+top": Contender("first run, then heapline top", then(RUN, TOP), ours="run+top"),
    "run+top": Contender("run, then heapline top", again(then(RUN, TOP)), ours="run+top"),
    "ht-preload": Contender("heaptrack's preload alone, its data thrown away",
                            preload(HEAPTRACK_PRELOAD, DUMP_HEAPTRACK_OUTPUT="/dev/null")),
    "heaptrack": Contender("heaptrack whole: with its interpreter and compression",
                           prefix("heaptrack", "-o", "SCRATCH/ht"), ours="run"),
    "ht+print": Contender("heaptrack, then heaptrack_print",
                          then(["heaptrack", "-o", "SCRATCH/ht"], HEAPTRACK_REPORT),
                          ours="run+top"),
    "tcmalloc": Contender("gperftools' allocator, not tracing", preload(TCMALLOC)),
    "tc-heap": Contender("its heap profiler, against tcmalloc; keeps 32 frames",
                         preload(TCMALLOC, HEAPPROFILE="SCRATCH/tc",
                                 HEAP_PROFILE_ALLOCATION_INTERVAL="0",
                                 HEAP_PROFILE_INUSE_INTERVAL="0"),
                         base="tcmalloc"),
    "jemalloc": Contender("jemalloc, not profiling", preload(JEMALLOC)),
    "je-prof": Contender("its profiler, every allocation sampled, against jemalloc",
                         preload(JEMALLOC, MALLOC_CONF="prof:true,lg_prof_sample:0,prof_final:true,"
                                                       "prof_prefix:SCRATCH/je"),
                         base="jemalloc"),
    "tracemalloc": Contender("python3 -X tracemalloc=25", tracemalloc),
    "massif": Contender("valgrind --tool=massif",
                        prefix("valgrind", "-q", "--tool=massif",
                               "--massif-out-file=SCRATCH/massif"), ours="run"),
    "dhat": Contender("valgrind --tool=dhat",
                      prefix("valgrind", "-q", "--tool=dhat", "--dhat-out-file=SCRATCH/dhat"),
                      ours="run"),
}

VERSIONS = {
    "heaptrack": ("heaptrack", "--version"),
    "valgrind": ("valgrind", "--version"),
    "gperftools": ("dpkg-query", "-W", "-f", "${Version}", "libgoogle-perftools4"),
    "jemalloc": ("dpkg-query", "-W", "-f", "${Version}", "libjemalloc2"),
    "python3": ("/usr/bin/python3", "--version"),
}


def absent(contenders, trial):
    """{contender: why it cannot be used here}, by a trial of each."""
    reasons = {}
    for key, contender in contenders.items():
        with scratch_directory() as scratch:
            command, additions = contender.wrap(trial, scratch)
            reason = complaint(command, additions, scratch)
            if reason:
                reasons[key] = reason
    return reasons


def versions(commands):
    """{name: the first line that its command prints}."""
    return {name: first_line(*command) or "not installed" for name, command in commands.items()}
