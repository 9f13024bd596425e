"""What is printed: the machine, the peers, and two tables a section, of time and of memory."""
import json
import os
import platform
from statistics import median

from contenders import CONTENDERS, versions

NOISY = 0.15  # spread of the bare program, of its median
NAME_WIDTH = 33
LEGEND = f"""\
A cell is the ratio to bare. In brackets: for heapline and the floors what is added; for a peer how many
times as much it adds (tc-heap and je-prof: to their allocator) as heapline does in the
same role: 'run' or 'run+top' for tools that also interpret, else the library alone;
'-' where what heapline adds drowns in the noise. NOISY: bare runs differed by over {NOISY:.0%}."""


def cpu_model():
    """The processor's own name."""
    with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
        names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return names[0] if names else platform.machine()


def machine():
    """The machine that the figures are of."""
    return {"cpu": cpu_model(), "cores": len(os.sched_getaffinity(0)),
            "kernel": platform.release(), "libc": " ".join(platform.libc_ver()),
            "load": os.getloadavg()[0]}


def print_head(field, rounds, absent, legend):
    """The machine, the peers' versions, and what the columns are; returns them for JSON. `field` has
    CONTENDERS and VERSIONS."""
    head = {"machine": machine(), "versions": versions(field.VERSIONS), "rounds": rounds,
            "absent": absent}
    print("machine  " + ", ".join(f"{key} {value}" for key, value in head["machine"].items()))
    print("peers    " + ", ".join(f"{key} {value}" for key, value in head["versions"].items()))
    print(f"medians of {rounds} interleaved rounds; the columns:")
    for key, contender in field.CONTENDERS.items():
        print(f"  {key:12} {contender.what}"
              + (f" -- ABSENT: {absent[key]}" if key in absent else ""))
    print(legend, flush=True)
    return head


def write_json(path, document):
    """All samples, if a file was asked for."""
    if path:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)


def spread(values):
    """(largest - smallest) / median."""
    return (max(values) - min(values)) / median(values)


def number(value):
    """Three digits, or four, and never an exponent."""
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}" if value >= 0.1 else f"{value:.4f}"


def added(figures, key):
    """What a contender adds to its base: the median of the rounds' differences."""
    return median(a - b for a, b in zip(figures[key], figures[CONTENDERS[key].base]))


def comparison(figures, key):
    """The text in brackets; empty where there is nothing to compare with."""
    base, ours = CONTENDERS[key].base, CONTENDERS[key].ours
    ours = ours if ours in figures else "heapline"
    if key in (ours, "off", "floor", "floor+path", "first run", "first+top"):
        return f"{'-' if added(figures, key) < 0 else '+'}{number(abs(added(figures, key)))}"
    if base not in figures or ours not in figures or base == key or key in ("tcmalloc", "jemalloc"):
        return ""
    noise = max(figures["bare"]) - min(figures["bare"])
    drowned = added(figures, ours) <= noise / 2
    return "-" if drowned else f"{added(figures, key) / added(figures, ours):.1f}x"


def cell(figures, key):
    """The ratio to bare, and the comparison."""
    if key not in figures:
        return ""
    ratio = median(a / b for a, b in zip(figures[key], figures["bare"]))
    text = comparison(figures, key)
    return f"{ratio:.{0 if ratio >= 100 else 2}f}" + (f" ({text})" if text else "")


def print_header(title, unit, columns):
    """The first two lines of a table."""
    print(f"\n{title}\n{'':{NAME_WIDTH}}{'bare ' + unit:>10}{'min - max':>19}"
          + "".join(f"{column:>17}" for column in columns))


def print_row(name, figures, columns):
    """A row whose `figures` are {contender: [one a round]}."""
    bare = figures["bare"]
    low, high = number(min(bare)), number(max(bare))
    print(f"{name:{NAME_WIDTH}}{number(median(bare)):>10}{low + ' - ' + high:>19}"
          + "".join(f"{cell(figures, column):>17}" for column in columns)
          + ("  NOISY" if spread(bare) > NOISY else ""), flush=True)


def print_figure(name, unit, values):
    """A measurement that has nothing to be compared with."""
    print(f"{name:50}{median(values):>9.3g} {unit}  ({min(values):.3g} - {max(values):.3g})"
          + ("  NOISY" if spread(values) > NOISY else ""), flush=True)
