"""What needs a second process: the load of a server, and readers of a traced process."""
import os
import socket
import subprocess
import time
from contextlib import contextmanager

import contenders
from measuring import HEAPLINE, environment, measure, program, scratch_directory


def free_port():
    """A TCP port of the loopback interface that nobody uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Redis:
    """A load of fixed size for redis-server, over loopback."""

    def __init__(self):
        self.port = str(free_port())

    def command(self):
        """The server."""
        return ["redis-server", "--port", self.port, "--bind", "127.0.0.1", "--save", "",
                "--appendonly", "no", "--io-threads", "1"]

    def client(self, name, *arguments):
        """Runs a client to its end and returns its output."""
        return subprocess.run([name, "-h", "127.0.0.1", "-p", self.port, *arguments], text=True,
                              capture_output=True, check=False, timeout=300).stdout

    def drive(self):
        """Waits for the server, sends the requests, ends it."""
        deadline = time.monotonic() + 30
        while "PONG" not in self.client("redis-cli", "ping"):
            if time.monotonic() > deadline:
                raise OSError("redis-server did not answer")
            time.sleep(0.02)
        self.client("redis-benchmark", "-q", "-n", "100000", "-r", "20000", "-P", "16", "-d", "100",
                    "-t", "set,get,lpush,lpop,sadd,hset")
        self.client("redis-cli", "shutdown", "nosave")


@contextmanager
def waiting_program(scratch, paths):
    """A traced process with that many call paths that does nothing more; its PID."""
    command, additions = contenders.CONTENDERS["heapline"].wrap(
        [program("micro"), "stay", "0", str(paths)], scratch)
    with subprocess.Popen(command, env=environment(additions), stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as child:
        child.stdout.readline()
        yield child.pid
        child.stdin.close()


def live_snapshots(rounds, paths):
    """Seconds that `heapline snapshot`, without symbols, takes of a process with so many paths."""
    with scratch_directory() as scratch, waiting_program(scratch, paths) as pid:
        command = [HEAPLINE, "snapshot", "-f", "-o", os.path.join(scratch, "live.snap"), str(pid)]
        return [measure(command, {"HEAPLINE_DIR": scratch}, scratch).wall for _ in range(rounds)]


def forget(path):
    """Drops a file's pages from the cache, as far as nobody maps them."""
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def first_rows(command, rounds):
    """Seconds until the first row of `heapline top`, of a snapshot that the library alone wrote:
    without symbols. The program's and heapline's pages are dropped from the file cache before."""
    times = []
    with scratch_directory() as scratch:
        snapshot = os.path.join(scratch, "cold.snap")
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=scratch,
                       env=environment({"LD_PRELOAD": contenders.LIBHEAPLINE,
                                        "HEAPLINE_OUTPUT": snapshot, "HEAPLINE_DIR": scratch}))
        for _ in range(rounds):
            for path in (command[0], HEAPLINE, snapshot):
                forget(path)
            begin = time.monotonic()
            with subprocess.Popen([HEAPLINE, "top", snapshot], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, env=environment({})) as top:
                top.stdout.readline()
                times.append(time.monotonic() - begin)
                top.stdout.read()
    return times
