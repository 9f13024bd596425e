#!/usr/bin/python3
"""damage.py HEAPLINE SNAPSHOT SCRATCH: damages a copy of SNAPSHOT in every way it knows; each must be
refused with status 3, nothing on standard output and one line on standard error. Prints what is not.
"""
import subprocess
import sys

heapline, snapshot, scratch = sys.argv[1:]
whole = open(snapshot, "rb").read()
TRIES = 120
wrong = 0


def refuse(what, data, words=b""):
    global wrong
    with open(scratch, "wb") as file:
        file.write(data)
    done = subprocess.run([heapline, "info", scratch], capture_output=True, timeout=60)
    line = done.stderr
    if (done.returncode != 3 or done.stdout or not line.startswith(b"heapline: ")
            or line.count(b"\n") != 1 or words not in line):
        wrong += 1
        print(f"{what}: status {done.returncode}, {len(done.stdout)} bytes of output, said {line!r}")


def sample(size):
    step = max(1, size // TRIES)
    return sorted(set(list(range(min(size, 80))) + list(range(0, size, step)) + [size - 1]))


for size in sample(len(whole)):
    refuse(f"truncated to {size} of {len(whole)} bytes", whole[:size])
for at in sample(len(whole)):
    flipped = bytearray(whole)
    flipped[at] ^= 1 << at % 8
    refuse(f"bit {at % 8} of byte {at} flipped", bytes(flipped))
refuse("trailing byte", whole + b"\0")
refuse("twice", whole + whole)
version = int.from_bytes(whole[8:12], "little")
for later in (version + 1, version + 1000, 0xFFFFFFFF):
    refuse(f"version {later}", whole[:8] + later.to_bytes(4, "little") + whole[12:], b"newer")
refuse("version 0", whole[:8] + bytes(4) + whole[12:])
refuse("zeros", bytes(4096))
refuse("only a magic", whole[:8] * 512)
sys.exit(bool(wrong))
