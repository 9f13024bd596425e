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
    """Measures when first asked; no more than two rounds, since CPython takes minutes."""

    def __init__(self, scale):
        self.scale, self.rounds = scale, []

    def take(self, rounds):
        """[(ours, CPython's)], interleaved."""
        while len(self.rounds) < min(rounds, 2):
            pair = [times(command, self.scale)
                    for command in ([program("grouping")], [sys.executable, CPYTHON])]
            if any(pair[0][call][1] != pair[1][call][1] for call in CALLS):
                raise Failed("not as many rows as CPython")
            self.rounds.append(pair)
        return self.rounds

    def figures(self):
        """As bench.py wants them."""
        traces = f"{BLOCKS * self.scale / 1e6:g} M blocks"
        for call in CALLS:
            yield (f"{call}, {traces}", "s",
                   lambda rounds, call=call: [ours[call][0] for ours, _ in self.take(rounds)])
            yield (f"{call}, {traces}: CPython's time", "times ours",
                   lambda rounds, call=call: [theirs[call][0] / ours[call][0]
                                              for ours, theirs in self.take(rounds)])
