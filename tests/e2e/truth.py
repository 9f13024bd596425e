#!/usr/bin/python3
"""Compares what traced programs printed about their heaps (tests/programs/truth.h) with snapshots.

truth.py MODE HEAPLINE OUTPUT SNAPSHOT...    every table in OUTPUT has its snapshot
  --rows     equal row for row, or path for path
  --module   the program has no line numbers: its rows' sum must equal the table's, by module
  --totals   rows may be merged: what was recorded and what was not must make the whole
truth.py --sums=KEY,... HEAPLINE SNAPSHOT... the rows by each KEY add up to info's totals
Prints what differs and exits 1 then; silent and 0 if nothing does.
"""
import collections
import json
import os
import re
import subprocess
import sys

PATIENCE = 60  # seconds for one question
wrong = []


def complain(text):
    wrong.append(text)


def ask(heapline, *words):
    done = subprocess.run([heapline, *words, "--json"], capture_output=True, timeout=PATIENCE)
    if done.returncode:
        sys.exit(f"heapline {' '.join(words)}: status {done.returncode}: {done.stderr.decode()}")
    return json.loads(done.stdout)


def top(heapline, snapshot, key, *options):
    return ask(heapline, "top", snapshot, "--by", key, "-n", "1000000", *options)["rows"]


def image_of(path):
    """The number in .execN; the last image of a process has none."""
    number = re.search(r"\.exec([0-9]+)(\.snap)?$", path)
    return int(number[1]) - 1 if number else -1


def snapshots_by_image(heapline, paths):
    found = {}
    for path in paths:
        info = ask(heapline, "info", path)
        found[info["pid"], image_of(path)] = path, info
    return found


def tables(output):
    """(pid, image) -> kind -> entries of each table printed."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    with open(output, errors="replace") as lines:
        for line in lines:
            if line.startswith('{"truth":'):
                entry = json.loads(line)
                if "file" in entry:
                    entry["file"] = os.path.basename(entry["file"])
                found[entry["pid"], entry.get("image", -1)][entry["truth"]].append(entry)
    return found


def compare_value(where, name, got, expected):
    if isinstance(expected, dict):
        for part, value in expected.items():
            compare_value(where, f"{name}.{part}", got[part], value)
    elif expected is not None and got != expected:
        complain(f"{where}: {name} is {got}, the program says {expected}")


def compare_rows(heapline, snapshot, table):
    rows, end = table["row"], table["end"]
    files = {row["file"] for row in rows}
    left = {}
    for row in top(heapline, snapshot, "lineno"):
        name = os.path.basename(row["file"])
        if name in files:
            left[name, row["line"]] = row
    for row in rows:
        where = f'{snapshot}: {row["file"]}:{row["line"]}'
        got = left.pop((row["file"], row["line"]), None)
        if got is None:
            if row["total"]["count"]:
                complain(f"{where}: no such row; the program says {row}")
            continue
        for name in ("current", "peak", "total", "temporary"):
            compare_value(where, name, got[name], row[name])
    if end and end[0]["others"] == 0:
        for (name, line), row in left.items():
            complain(f"{snapshot}: {name}:{line}: a row that the program does not know: {row}")


def compare_sum(got, rows, where):
    for name in ("current", "total"):
        for unit in ("bytes", "count"):
            have = sum(row[name][unit] for row in got)
            expected = sum(row[name][unit] for row in rows)
            if have != expected:
                complain(f"{where}: sum of {name}.{unit} is {have}, the program says {expected}")


def compare_module(heapline, snapshot, info, table):
    rows = [row for row in top(heapline, snapshot, "module") if row["module"] == info["exe"]]
    compare_sum(rows, table["row"], f'{snapshot}: {info["exe"]}')


def compare_totals(heapline, snapshot, table):
    """For programs whose rows may be merged or not recorded: their sum is theirs and libc's."""
    got = ask(heapline, "info", snapshot)
    for name in ("current", "total"):
        expected = sum(row[name]["count"] for row in table["row"])
        seen = got[name]["count"] + (got["not_seen"]["events"] if name == "total" else 0)
        if seen < expected:
            complain(f"{snapshot}: {name}.count is {seen} with what was not seen, "
                     f"the program alone says {expected}")


def compare_calls(heapline, snapshot, info, calls):
    """What signal handlers did inside the tracer is not seen, but counted."""
    rows = [row for row in top(heapline, snapshot, "lineno")
            if os.path.basename(row["file"]) == calls["file"]]
    for name, expected in (("total", calls["allocations"]), ("current", calls["live"])):
        seen = sum(row[name]["count"] for row in rows)
        if not 0 <= expected - seen <= info["not_seen"]["events"]:
            complain(f'{snapshot}: {name}.count is {seen} and {info["not_seen"]["events"]} events '
                     f"not seen, the program says {expected}")


def lines_of(row, file):
    return tuple(frame["line"] for frame in row["frames"]
                 if os.path.basename(frame["file"] or "") == file)


def compare_paths(heapline, snapshot, paths, file):
    got = collections.Counter()
    for row in top(heapline, snapshot, "traceback", "--frames", "0"):
        lines = lines_of(row, file)
        got[lines, "count"] += row["total"]["count"]
        got[lines, "bytes"] += row["total"]["bytes"]
    for path in paths:
        for unit in ("count", "bytes"):
            have = got.pop((tuple(path["lines"]), unit), 0)
            if have != path[unit]:
                complain(f'{snapshot}: path {path["lines"]}: {unit} is {have}, '
                         f"the program says {path[unit]}")
    for (lines, unit), value in got.items():
        if lines and value:
            complain(f"{snapshot}: a path the program does not know: {lines} ({unit} {value})")


def check_sums(heapline, snapshot, keys):
    info = ask(heapline, "info", snapshot)
    for key in keys:
        rows = top(heapline, snapshot, key)
        for name in ("current", "peak", "total"):
            for unit in ("bytes", "count"):
                have = sum(row[name][unit] for row in rows)
                if have != info[name][unit]:
                    complain(f"{snapshot}: rows by {key}: {name}.{unit} add up to {have}, "
                             f"info says {info[name][unit]}")
        if sum(row["temporary"] for row in rows) != info["temporary"]:
            complain(f"{snapshot}: rows by {key}: temporary does not add up")


def compare(mode, heapline, output, paths):
    snapshots = snapshots_by_image(heapline, paths)
    found = tables(output)
    if not found:
        complain(f"{output}: the program printed no table")
    for (pid, image), table in found.items():
        snapshot, info = snapshots.get((pid, image), (None, None))
        if not snapshot:
            complain(f"process {pid}, image {image}: no snapshot among {sorted(paths)}")
        elif mode == "--module":
            compare_module(heapline, snapshot, info, table)
        elif mode == "--totals":
            compare_totals(heapline, snapshot, table)
        elif table["calls"]:
            compare_calls(heapline, snapshot, info, table["calls"][0])
        elif table["path"]:
            compare_paths(heapline, snapshot, table["path"], os.path.basename(info["exe"]) + ".c")
        else:
            compare_rows(heapline, snapshot, table)
            if table["end"] and info["failed"] < table["end"][0]["failed"]:
                complain(f'{snapshot}: failed is {info["failed"]}, '
                         f'the program says {table["end"][0]["failed"]}')


def main():
    mode, *words = sys.argv[1:]
    if mode.startswith("--sums="):
        for snapshot in words[1:]:
            check_sums(words[0], snapshot, mode.removeprefix("--sums=").split(","))
    else:
        compare(mode, words[0], words[1], words[2:])
    for text in wrong[:20]:
        print(text)
    if len(wrong) > 20:
        print(f"... and {len(wrong) - 20} more")
    sys.exit(bool(wrong))


main()
