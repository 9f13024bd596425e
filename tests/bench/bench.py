#!/usr/bin/env python3
"""What tracing costs: `make bench` runs this in the build directory.

    make bench [BENCH_ROUNDS=N] [BENCH_ONLY=REGEX] [BENCH_FLAGS='--quick --json FILE']

Every row of every table is one command, run by all its contenders in turn, round after round, so
that what disturbs the machine disturbs them alike. Figures are medians of the rounds.
tests/bench/install-peers.sh installs what is compared with; what is missing is named.
BENCH_ONLY chooses rows by 'SECTION: ROW'. --quick: one round, shorter micro-benchmarks.
"""
import argparse
import os
import re
import sys
import tempfile
from dataclasses import asdict

sys.dont_write_bytecode = True  # the source directory stays as it is

# pylint: disable=wrong-import-position
import contenders
import grouping
import report
import services
import workloads
from measuring import Failed, program, samples


def columns_of(rows, absent):
    """The contenders of a section, in the order of their table."""
    named = {key for row in rows for key in row.contenders} - {"bare"} - set(absent)
    return [key for key in contenders.CONTENDERS if key in named]


def bench_row(section, row, columns, rounds):
    """Runs and prints one row; returns what JSON tells of it."""
    asked = [key for key in row.contenders if key in ["bare"] + columns]
    taken, failures = samples(row, {key: contenders.CONTENDERS[key] for key in asked}, rounds)
    if "bare" in taken:
        report.print_row(row.name, {key: [section.time(one) for one in values]
                                    for key, values in taken.items()}, columns)
    for key, reason in failures.items():
        print(f"    {row.name}: {key}: {reason}")
    return {"row": row.name, "failed": failures,
            "samples": {key: [asdict(one) for one in values] for key, values in taken.items()}}


def print_memory(title, rows, results, columns):
    """The second table of a section."""
    report.print_header(f"{title}: peak RSS", "MiB", columns)
    for row, result in zip(rows, results):
        figures = {key: [one["rss"] / 1024 for one in values]
                   for key, values in result["samples"].items()}
        if "bare" in figures:
            report.print_row(row.name, figures, columns)


def bench_section(section, rows, absent, rounds):
    """Both tables of a section."""
    columns = columns_of(rows, absent)
    report.print_header(section.title, section.unit, columns)
    results = [bench_row(section, row, columns, rounds) for row in rows]
    print_memory(section.title, rows, results, columns)
    return {"section": section.title, "unit": section.unit, "rows": results}


def single_figures(directory, scale):
    """(name, unit, function of the rounds) of what is measured of heapline alone."""
    debug = [workloads.PYTHON_DEBUG, workloads.script(directory, workloads.PYTHON, 20)]
    return [
        ("live snapshot of 1 M call paths, without symbols", "s",
         lambda rounds: services.live_snapshots(rounds, 1 << 20)),
        ("first row of `top`, cold: C++ program with -g", "s",
         lambda rounds: services.first_rows([program("catalogue")], rounds)),
        ("first row of `top`, cold: python3-dbg", "s",
         lambda rounds: services.first_rows(debug, rounds)),
        *grouping.Grouping(scale).figures(),
    ]


def bench_figures(directory, only, rounds, scale):
    """Measures and prints them."""
    results = []
    for name, unit, take in single_figures(directory, scale):
        if only.search(f"figures: {name}"):
            try:
                values = take(rounds)
            except (Failed, OSError) as error:
                print(f"{name}: {error}")
                continue
            report.print_figure(name, unit, values)
            results.append({"figure": name, "unit": unit, "values": values})
    return results


def arguments(description):
    """The command line."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", type=re.compile, default=re.compile(""), metavar="REGEX")
    parser.add_argument("--quick", action="store_true", help="one round, short micro-benchmarks")
    parser.add_argument("--json", metavar="FILE", help="write all samples there")
    return parser.parse_args()


def main():
    """Runs everything that was asked for."""
    wanted = arguments("what tracing costs")
    rounds, scale = (1, 0.1) if wanted.quick else (wanted.rounds, 1)
    with tempfile.TemporaryDirectory(prefix="heapline-bench-") as directory:
        os.environ["BENCH_KNOWN"] = os.path.join(directory, "known")
        absent = contenders.absent(contenders.CONTENDERS, [sys.executable, "-c", ""])
        document = report.print_head(contenders, rounds, absent, report.LEGEND)
        document["sections"] = []
        for section in workloads.sections(directory, scale):
            rows = [row for row in section.rows
                    if wanted.only.search(f"{section.title}: {row.name}")]
            if rows:
                document["sections"].append(bench_section(section, rows, absent, rounds))
        print()
        document["figures"] = bench_figures(directory, wanted.only, rounds, scale)
    report.write_json(wanted.json, document)


if __name__ == "__main__":
    main()
