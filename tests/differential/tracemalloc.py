#!/usr/bin/env python3
"""Holds the snapshot calls against CPython's tracemalloc: random traces, filters, keys and
differences go to the classes of that module and through driver.c to ours. Rows, order and texts
must be equal.

tracemalloc.py DRIVER [--sets N] [--seed N]
"""
import sys

sys.path[:] = [p for p in sys.path if p.startswith(sys.base_prefix)]  # linecache searches these

import argparse
import os
import random
import subprocess
import tempfile
import tracemalloc
from tracemalloc import DomainFilter, Filter, Snapshot

KEYS = {"lineno": 1, "filename": 2, "traceback": 3, "unknown": 99}
BAD_ARGUMENT = 1
BATCH = 500  # sets for one run of the driver

FILES = ["a.py", "b.py", "ab.py", "A.py", "c/d.py", "c/.hidden", "<unknown>", "", "x y.c", "[x].c",
         "line\nbreak.c", "back\\slash.c", "\u00e9t\u00e9.c", "\u4e2d.c", "a-b.c", "a^b.c", "*.c",
         "z" * 300]
LINES = [0, 1, 2, 3, 9, 10, 11, 100, 2**31 - 1]
GLOB_LETTERS = "ab.cpy/x-^!\\\u00e9\u4e2d[]]?**"
SOURCE = "first line\n\tindented = 1  \n\n   \nlast \u00e9\n" + "x" * 500 + "\nno newline at end"


def text_hex(text):
    return "." + text.encode().hex()


class Case:
    """One random set: the commands for the driver, and what it must print."""

    def __init__(self, seed, source):
        self.random = random.Random(seed)
        self.files = self.random.sample(FILES, self.random.randint(1, 6)) + [source]
        self.commands = []
        self.expected = []

    def size(self):
        r = self.random
        return r.choice([0, 1, 2, 10, r.randint(0, 100), r.randint(0, 200000), r.randint(0, 2**45)])

    def frames(self):
        r = self.random
        lines = r.sample(LINES, r.randint(1, 4))
        return tuple((r.choice(self.files), r.choice(lines)) for _ in range(r.randint(1, 7)))

    def traces(self):
        r = self.random
        paths = [self.frames() for _ in range(r.randint(1, 12))]
        return [(r.choice([0, 0, 1, 2, 2**32 - 1]), self.size(), r.choice(paths),
                 r.choice([None, 1, 7, 65535])) for _ in range(r.choice([0, 1, 5, 40]))]

    def new(self, slot, traces):
        self.commands.append(f"new {slot}")
        for domain, size, frames, total in traces:
            words = [f"trace {slot} {domain} {size} {-1 if total is None else total}"]
            words += [f"{text_hex(file)} {line}" for file, line in frames]
            self.commands.append(" ".join(words))
        return Snapshot(traces, 65535)

    def pattern(self):
        r = self.random
        name = r.choice(self.files)
        ways = [lambda: name,
                lambda: "*",
                lambda: name[:r.randint(0, len(name))] + "*",
                lambda: "*" + name[r.randint(0, len(name)):],
                lambda: "".join(r.choice([c, c, c, "?", "*", f"[{c}]", f"[!{c}]", f"[a-{c}]"])
                                for c in name[:20]),
                lambda: "".join(r.choice(GLOB_LETTERS) for _ in range(r.randint(0, 8)))]
        found = r.choice(ways)()
        return found + "x" if found.endswith(".pyc") else found  # normalised by CPython alone

    def rule(self):
        r = self.random
        inclusive, all_frames = r.random() < 0.5, r.random() < 0.4
        domain = r.choice([None, None, 0, 1, 2**32 - 1])
        if r.random() < 0.2:
            domain = domain or 0
            self.commands.append(f"rule {inclusive:d} 0 {domain} -1 -")
            return DomainFilter(inclusive, domain)
        line, pattern = r.choice([None, None, 0, 1, 10]), self.pattern()
        numbers = [-1 if n is None else n for n in (domain, line)]
        self.commands.append(f"rule {inclusive:d} {all_frames:d} {numbers[0]} {numbers[1]} "
                             + text_hex(pattern))
        return Filter(inclusive, pattern, line, all_frames, domain)

    def filter(self, snapshot, slot, to):
        rules = [self.rule() for _ in range(self.random.randint(0, 4))]
        self.commands.append(f"filter {slot} {to}")
        return snapshot.filter_traces(rules)

    def expect_rows(self, rows):
        try:
            rows = rows()
        except ValueError:
            self.expected.append(f"error {BAD_ARGUMENT}")
            return
        for row in rows:
            words = [text_hex(str(row)), str(row.size), str(row.count),
                     str(getattr(row, "size_diff", row.size)),
                     str(getattr(row, "count_diff", row.count))]
            self.expected.append(" ".join(words) + self.frames_text(row.traceback))

    @staticmethod
    def frames_text(traceback):
        return "".join(f" {text_hex(f.filename)} {f.lineno}" for f in reversed(list(traceback)))

    def key(self):
        return self.random.choice(["lineno", "lineno", "filename", "traceback", "unknown"]), \
            self.random.random() < 0.4

    def statistics(self, snapshot, slot):
        key, cumulative = self.key()
        self.commands.append(f"statistics {slot} {KEYS[key]} {cumulative:d}")
        self.expect_rows(lambda: snapshot.statistics(key, cumulative))

    def compare(self, new, new_slot, old, old_slot):
        key, cumulative = self.key()
        self.commands.append(f"compare {new_slot} {old_slot} {KEYS[key]} {cumulative:d}")
        self.expect_rows(lambda: new.compare_to(old, key, cumulative))

    def list(self, snapshot, slot):
        self.commands.append(f"traces {slot}")
        for trace in snapshot.traces:
            total = trace.traceback.total_nframe
            self.expected.append(f"{text_hex(str(trace))} {trace.domain} {trace.size} "
                                 f"{-1 if total is None else total}"
                                 + self.frames_text(trace.traceback))

    def format(self, snapshot, slot):
        r = self.random
        if not snapshot.traces:
            return
        which, recent_first = r.randrange(len(snapshot.traces)), r.random() < 0.5
        limit = r.choice([None, 0, 1, 2, 3, -1, -2, -9, 100])
        self.commands.append(f"format {slot} {which} {2**31 - 1 if limit is None else limit} "
                             f"{recent_first:d}")
        lines = snapshot.traces[which].traceback.format(limit, recent_first)
        self.expected.append(text_hex("".join(line + "\n" for line in lines)))

    def build(self):
        old = self.new(0, self.traces())
        new = self.new(1, self.traces() + [t for t in old.traces._traces
                                           if self.random.random() < 0.5])
        if self.random.random() < 0.2:
            self.commands.append("reload 1")
        for snapshot, slot in ((old, 0), (new, 1)):
            self.statistics(snapshot, slot)
            self.list(snapshot, slot)
            self.format(snapshot, slot)
        self.compare(new, 1, old, 0)
        left = self.filter(new, 1, 2)
        self.list(left, 2)
        self.statistics(left, 2)
        self.compare(left, 2, new, 1)
        self.commands.append("end")
        self.expected.append("end")
        return self


def answers(driver, cases):
    """What the driver prints for each case."""
    commands = "".join(line + "\n" for case in cases for line in case.commands)
    result = subprocess.run([driver], input=commands.encode(), stdout=subprocess.PIPE, check=True)
    found = [[]]
    for line in result.stdout.decode().splitlines():
        found[-1].append(line)
        if line == "end":
            found.append([])
    return found


def readable(line):
    return " ".join(repr(bytes.fromhex(w[1:]).decode()) if w.startswith(".") else w
                    for w in line.split(" "))


def explain(seed, case, got):
    """The first difference of a case, as comments."""
    for i in range(max(len(case.expected), len(got))):
        want = case.expected[i] if i < len(case.expected) else "nothing"
        have = got[i] if i < len(got) else "nothing"
        if want != have:
            print(f"# set {seed}, line {i}\n# expected: {readable(want)}\n# got:      {readable(have)}")
            break
    for command in case.commands:
        print(f"# {command}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("driver")
    parser.add_argument("--sets", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**9))
    options = parser.parse_args()
    print(f"# seed {options.seed}, {options.sets} sets (DIFFERENTIAL_SEED and DIFFERENTIAL_SETS)")
    with tempfile.TemporaryDirectory() as directory:
        source = os.path.join(directory, "source.c")
        with open(source, "w", encoding="utf-8") as file:
            file.write(SOURCE)
        for first in range(0, options.sets, BATCH):
            seeds = [f"{options.seed}.{i}" for i in range(first, min(first + BATCH, options.sets))]
            cases = [Case(seed, source).build() for seed in seeds]
            found = answers(options.driver, cases)
            for seed, case, got in zip(seeds, cases, found):
                if case.expected != got:
                    explain(seed, case, got)
                    return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
