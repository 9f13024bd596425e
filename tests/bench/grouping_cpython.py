#!/usr/bin/env python3
"""What grouping.c measures, by CPython's tracemalloc on the same traces.

grouping_cpython.py PATHS BLOCKS
"""
import sys
import time
from tracemalloc import Snapshot

DEPTH, FRAMES, FILES, LOST = 10, 20000, 500, 7
TABLE = [(f"src/file{i % FILES}.c", i // FILES + 1) for i in range(FRAMES)]


def make_path(path):
    """The most recent frame first."""
    return tuple(TABLE[((path >> 2 * (DEPTH - 1 - depth)) * 7919 + depth * 104729) % FRAMES]
                 for depth in reversed(range(DEPTH)))


def print_time(call, key, group):
    """Runs it twice, and prints the CPU seconds of the faster run and the number of rows."""
    times = []
    for _ in range(2):
        start = time.process_time()
        rows = len(group(key))
        times.append(time.process_time() - start)
    print(f"{call} by {key}: {min(times):.6f} {rows}", flush=True)


def main():
    """Makes both snapshots and groups them."""
    count, blocks = int(sys.argv[1]), int(sys.argv[2])
    paths = [make_path(i) for i in range(count)]
    old, new = (Snapshot([(0, 16 + i * 37 % 1000, paths[i % count], DEPTH)
                          for i in range(blocks) if not lost or i % lost], DEPTH)
                for lost in (0, LOST))
    for key in ("lineno", "traceback"):
        print_time("statistics", key, old.statistics)
        print_time("compare_to", key, lambda key: new.compare_to(old, key))


main()
