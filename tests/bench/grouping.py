"""Grouping snapshots, ours against CPython's on the same traces."""
import os
import subprocess
import sys

from measuring import LIMIT, Failed, environment, program

PATHS, BLOCKS = 1000000, 5000000
CALLS = ["statistics by lineno", "compare_to by lineno",
         "statistics by traceback", "compare_to by traceback"]
CPYTHON = os.path.join(os.path.dirname(os.path.abspath(__file__)), "grouping_cpython.py")


def times(command, scale):
    """{call: (seconds, rows)}, as the command prints them."""
    words = command + [str(int(PATHS * scale)), str(int(BLOCKS * scale))]
    done = subprocess.run(words, env=environment({}), capture_output=True, text=True, check=False,
                          timeout=LIMIT)
    if done.returncode:
        raise Failed(done.stderr.strip()[-100:] or f"exit {done.returncode}")
    lines = (line.split(": ") for line in done.stdout.splitlines())
    return {call: tuple(map(float, figures.split())) for call, figures in lines}


class Grouping:
    """Measures when first asked; one round, since CPython takes minutes."""

    def __init__(self, scale):
        self.scale, self.pair = scale, None

    def take(self):
        """(ours, CPython's)."""
        if not self.pair:
            pair = [times(command, self.scale)
                    for command in ([program("grouping")], [sys.executable, CPYTHON])]
            if any(pair[0][call][1] != pair[1][call][1] for call in CALLS):
                raise Failed("not as many rows as CPython")
            self.pair = pair
        return self.pair

    def figures(self):
        """As bench.py wants them."""
        traces = f"{BLOCKS * self.scale / 1e6:g} M blocks"
        for call in CALLS:
            yield (f"{call}, {traces}", "s",
                   lambda _, call=call: [self.take()[0][call][0]])
            yield (f"{call}, {traces}: CPython's time", "times ours",
                   lambda _, call=call: [self.take()[1][call][0] / self.take()[0][call][0]])
