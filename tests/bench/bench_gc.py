#!/usr/bin/env python3
"""What the object runtime costs: `make bench-gc` runs this in the build directory.

    make bench-gc [BENCH_ROUNDS=N] [BENCH_ONLY=REGEX] [BENCH_FLAGS='--quick --json FILE']

Every row is one work, compiled for each contender (tests/bench/gc) and run by all of them in turn,
round after round; figures are medians. Each run also prints a number that says what it did, which
must be the same for all. BENCH_ONLY and the rest: as in bench.py. Exit status 1: a row's work was
not the same, or could not be done.
"""
import sys
from dataclasses import asdict

sys.dont_write_bytecode = True  # the source directory stays as it is

# pylint: disable=wrong-import-position
import gc_contenders
import gc_report
import gc_rows
import report
from bench import arguments
from contenders import absent
from measuring import samples


def bench_row(row, missing, rounds):
    """({contender: [Sample]}, {contender: why it failed})."""
    asked = {key: gc_contenders.CONTENDERS[key] for key in row.contenders if key not in missing}
    return samples(row, asked, rounds, row.take)


def differences(row, pairs):
    """A line about each contender that did something else."""
    checks = {key: {check for _, check in values if check} for key, values in pairs.items()}
    ours = checks.get(gc_rows.OURS, set())
    return [f"    {row.name}: {key} did other work: {sorted(found)}, not {sorted(ours)}"
            for key, found in checks.items() if found and ours and (found != ours or len(found) > 1)]


def show_row(row, taken, failures):
    """Prints it; (what it missed, lines of what went wrong)."""
    pairs = {key: [gc_rows.printed(one) for one in values] for key, values in taken.items()}
    missed = []
    if gc_rows.OURS in pairs:
        missed = gc_report.print_row(row, {key: [figure for figure, _ in values]
                                           for key, values in pairs.items()})
    wrong = [f"    {row.name}: {key}: {reason}" for key, reason in failures.items()]
    wrong += differences(row, pairs)
    print("".join(line + "\n" for line in wrong), end="", flush=True)
    return missed, wrong


def bench_section(title, rows, missing, rounds):
    """Its table; (what JSON tells of it, {row: what it missed}, lines of what went wrong)."""
    print(f"\n{title}\n{gc_report.HEADER}")
    results, misses, wrong = [], {}, []
    for row in rows:
        taken, failures = bench_row(row, missing, rounds)
        misses[row.name], lines = show_row(row, taken, failures)
        wrong += lines
        results.append({"row": row.name, "unit": row.unit, "must": row.must, "aim": row.aim,
                        "most": row.most, "floor": row.floor, "limit": row.limit,
                        "failed": failures, "samples": {key: [asdict(one) for one in values]
                                                        for key, values in taken.items()}})
    return {"section": title, "rows": results}, misses, wrong


def main():
    """Runs everything that was asked for."""
    wanted = arguments("what the object runtime costs")
    rounds, scale = (1, 0.1) if wanted.quick else (wanted.rounds, 1)
    missing = absent(gc_contenders.CONTENDERS, ["lifo", "1"])
    document = report.print_head(gc_contenders, rounds, missing, gc_report.LEGEND)
    document["sections"], misses, wrong = [], {}, []
    for title, rows in gc_rows.sections(scale):
        rows = [row for row in rows if wanted.only.search(f"{title}: {row.name}")]
        if rows:
            told, missed, lines = bench_section(title, rows, missing, rounds)
            document["sections"].append(told)
            misses.update(missed)
            wrong += lines
    gc_report.print_misses(misses)
    report.write_json(wanted.json, document)
    sys.exit(1 if wrong else 0)


main()
