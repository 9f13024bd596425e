"""Running one command once: its time, its memory, and the figure that it prints."""
import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field

BUILD = os.path.abspath(os.environ.get("BENCH_BUILD", "."))
HEAPLINE = os.path.join(BUILD, "heapline")
LIBHEAPLINE = os.path.join(BUILD, ".libs", "libheapline.so")
LIMIT = 900  # seconds for one run


@dataclass
class Sample:
    """One run: seconds of wall clock, of CPU, the peak RSS in KiB, and what the program printed."""
    wall: float
    cpu: float
    rss: int
    printed: str


@dataclass
class Row:
    """One command, and who runs it. `rounds` multiplies the number of rounds."""
    name: str
    command: list
    contenders: tuple
    environment: dict = field(default_factory=dict)
    rounds: int = 1
    service: object = None


class Failed(Exception):
    """The command did not end with status 0."""


def program(name):
    """A program of this folder, as `make bench` built it."""
    return os.path.join(BUILD, "tests", "bench", name)


@contextmanager
def scratch_directory():
    """An empty directory in memory, for what one run leaves."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="heapline-bench-", dir=memory) as directory:
        yield directory


def environment(additions):
    """This process's, without what would trace or configure the programs, and `additions`. heapline
    neither finds nor keeps symbols on disk, unless these say so."""
    plain = {key: value for key, value in os.environ.items()
             if key not in ("LD_PRELOAD", "MALLOC_CONF", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
             and not key.startswith(("HEAPLINE", "BENCH_", "PYTHON", "GIT_"))}
    return {**plain, "LC_ALL": "C.UTF-8", "HEAPLINE_CACHE": "", **additions}


def finish(child, drive):
    """Waits for the child, after `drive` has made use of it; ends it when that takes too long."""
    try:
        if drive:
            drive()
        child.wait(LIMIT)
    except (subprocess.SubprocessError, OSError) as error:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        raise Failed(str(error)) from error


@contextmanager
def started(command, additions, scratch):
    """The command in the directory `scratch`, under the program that measures, which is not to get
    the additions: a preload in it would not be one in the program."""
    words = [program("measure"), os.path.join(scratch, "measured"),
             *(f"{key}={value}" for key, value in additions.items()), *command]
    with open(os.path.join(scratch, "out"), "wb") as out, \
            open(os.path.join(scratch, "err"), "wb") as err, \
            subprocess.Popen(words, cwd=scratch, env=environment({}), stdin=subprocess.DEVNULL,
                             stdout=out, stderr=err, start_new_session=True) as child:
        yield child


def text_of(scratch, name):
    """A file that a run left."""
    with open(os.path.join(scratch, name), encoding="utf-8", errors="replace") as file:
        return file.read()


def measure(command, additions, scratch, drive=None):
    """Runs the command and returns its Sample."""
    with started(command, additions, scratch) as child:
        finish(child, drive)
    if child.returncode != 0:
        lines = text_of(scratch, "err").strip().splitlines() or ["no message"]
        raise Failed(f"exit {child.returncode}: {lines[-1][:100]}")
    wall, cpu, rss = text_of(scratch, "measured").split()
    return Sample(float(wall), float(cpu), int(rss), text_of(scratch, "out")[:64])


def sample(row, contender):
    """One run of a row by a contender."""
    with scratch_directory() as scratch:
        command, additions = contender.wrap(row.command, scratch)
        return measure(command, {**row.environment, **additions}, scratch, row.service)


def samples(row, contenders, rounds, take=sample):
    """{key: [Sample]} and {key: why it failed} of {key: contender}, which take turns; one that
    fails once is left out."""
    taken, failures = {key: [] for key in contenders}, {}
    for _ in range(rounds * row.rounds):
        for key, contender in contenders.items():
            if key not in failures:
                try:
                    taken[key].append(take(row, contender))
                except Failed as error:
                    failures[key] = str(error)
    return {key: values for key, values in taken.items() if key not in failures}, failures


def complaint(command, additions, scratch):
    """Why the command, or a library preloaded into it, does not work here; empty if it does."""
    try:
        measure(command, additions, scratch)
    except Failed as error:
        return "not installed" if str(error).startswith("exit 127") else str(error)
    errors = [line for line in text_of(scratch, "err").splitlines()
              if "cannot be preloaded" in line or "Invalid conf" in line]
    return errors[0] if errors else ""


def first_line(*command):
    """The first line that a command prints, or nothing."""
    if not shutil.which(command[0]):
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return ((done.stdout or done.stderr).splitlines() or [""])[0]
