"""The tables of `make bench-gc`: figures, ratios, and whether they are what is wanted."""
from statistics import median

from gc_rows import OURS, PEER
from report import NOISY, number, spread

LEGEND = f"""\
Figures are CPU time for one operation (or as the unit says). ratio: CPython's figure / the runtime's,
round by round; must and aim: what it should be at least (<= : what the runtime's figure should be at
most). floor: the runtime's figure / that of what could not do less. Spread: (largest - smallest) /
median of the runtime's figures and of CPython's; NOISY: one of them over {NOISY:.0%}."""
HEADER = (f"{'':46}{'heapline':>10}{'cpython':>10}{'ratio':>9}{'must':>8}{'aim':>8}  {'':7}"
          f"{'floor':>20}{'ratio':>7}{'limit':>7}  {'':5}{'spread':>10}")


def against(figures, key, base):
    """The median of key / base, round by round; None where one is missing."""
    if key in figures and base in figures:
        return median(a / b for a, b in zip(figures[key], figures[base]))
    return None


def limited(row, figures):
    """What `row.most` is about."""
    if not row.added:
        return median(figures[OURS])
    if row.added not in figures:
        return None
    return median(a - b for a, b in zip(figures[row.added], figures[OURS]))


def verdict(row, figures):
    """(ratio to CPython, 'aim', 'must', 'MISSED' or nothing)."""
    ratio = against(figures, PEER, OURS)
    if row.most:
        figure = limited(row, figures)
        met = [figure is not None and figure <= most for most in row.most]
    elif ratio and row.must:
        met = [ratio >= row.must, ratio >= row.aim]
    else:
        return ratio, ""
    return ratio, "aim" if all(met) else "must" if met[0] else "MISSED"


def text(value, form="{}"):
    """Empty for what is not there."""
    return "" if value is None else form.format(number(value))


def ratio_text(row, ratio, figures):
    """The ratio to CPython, or what is added."""
    return text(limited(row, figures), "+{}") if row.added else text(ratio, "{}x")


def wanted(row):
    """The two columns of what is wanted."""
    values, form = (row.most, "<={}") if row.most else ((row.must, row.aim), "{}x")
    return "".join(f"{text(value, form):>8}" for value in values)


def floor_columns(row, figures):
    """The floor, its figure, how many times that is ours, and whether that is few enough."""
    ratio = against(figures, OURS, row.floor)
    if ratio is None:
        return f"{'':34}  {'':5}", True
    met = ratio <= row.limit
    name = f"{row.floor} {number(median(figures[row.floor]))}"
    return (f"{name:>20}{ratio:>7.2f}{row.limit:>7.2f}  {'met' if met else 'OVER':5}"), met


def others(row, figures):
    """What else has been measured."""
    known = (OURS, PEER, row.floor)
    return "".join(f"  {key} {number(median(values))}" for key, values in figures.items()
                   if key not in known)


def print_row(row, figures):
    """A row whose `figures` are {contender: [one a round]}; returns what it missed."""
    ratio, met = verdict(row, figures)
    floor, floor_met = floor_columns(row, figures)
    pair = [figures[key] for key in (OURS, PEER) if key in figures]
    spreads = "/".join(f"{spread(values):.0%}" for values in pair)
    name = f"{row.name}{', ' if row.unit else ''}{row.unit}"
    print(f"{name:46}{number(median(figures[OURS])):>10}"
          f"{text(median(figures[PEER]) if PEER in figures else None):>10}"
          f"{ratio_text(row, ratio, figures):>9}{wanted(row)}  {met:7}{floor}{spreads:>10}"
          f"{'  NOISY' if any(spread(values) > NOISY for values in pair) else ''}"
          f"{others(row, figures)}", flush=True)
    return [what for what, missed in (("must", met == "MISSED"), ("floor", not floor_met)) if missed]


def print_misses(misses):
    """{row: what it missed}."""
    for what in ("must", "floor"):
        names = [name for name, missed in misses.items() if what in missed]
        print(f"\n{what}: " + (f"missed by {len(names)}: " + "; ".join(names) if names else "all met"))
