#!/usr/bin/env python3
"""Real programs, bare and traced, interleaved; prints medians and ratios.

    tests/bench/real-programs.py [ROUNDS]        (default 5; `make bench` calls it)

HEAPLINE and LIBHEAPLINE name the command and the library. Programs that are not installed are left
out and named. "traced" is the program with the library preloaded, its record left in shared memory;
"run" adds what `heapline run -q` does: reading it, embedding symbols, writing the snapshot. CPU
seconds are user + system; RSS is the program's, but at least this harness's own.
"""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HEAPLINE = os.environ.get("HEAPLINE", "./heapline")
LIBHEAPLINE = os.environ.get("LIBHEAPLINE", ".libs/libheapline.so")
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5

PERL = ('my %h; for my $i (1..300000) { my $k = "k" . ($i % 20000); $h{$k} .= "v$i"; '
        'delete $h{$k} if length $h{$k} > 60 } my @s = sort keys %h; print scalar(@s), "\\n"; '
        'my $t = join ",", map { $_ * 2 } 1..400000; my $n = () = $t =~ /\\d+/g; print "$n\\n"')
PYTHON = ("d = {}\n"
          "for i in range(200000):\n"
          "    d.setdefault(i % 5000, []).append(str(i))\n"
          "print(sum(len(v) for v in d.values()), len(sorted(d)))")
SQL = ("create table t(a integer primary key, b text, c real);"
       "with recursive n(i) as (select 1 union all select i+1 from n where i<150000) "
       "insert into t select i, 'row '||i, i*0.5 from n;"
       "create index x on t(b); select count(*), sum(c) from t where b like 'row 1%';"
       "select b, count(*) from t group by substr(b,1,6) order by 2 desc limit 5;")
LUA = ("local t = {} for i = 1, 400000 do t[i % 9000] = {i, tostring(i)} end "
       "local n = 0 for _ in pairs(t) do n = n + 1 end print(n)")
NODE = ("const m = new Map(); for (let i = 0; i < 400000; i++) m.set('k' + i % 9000, [i]);"
        "console.log(m.size, JSON.stringify([...m]).length)")


def source_file(directory):
    path = os.path.join(directory, "program.c")
    with open(path, "w", encoding="utf-8") as f:
        for i in range(1500):
            f.write(f"int f{i}(int x, int *p) {{ int s = {i}; for (int i = 0; i < x; i++) "
                    f"{{ s += p[i] * {i + 1}; if (s & 1) p[i] ^= s; }} return s; }}\n")
    return path


def workloads(directory):
    json_file = os.path.join(directory, "data.json")
    with open(json_file, "w", encoding="utf-8") as f:
        json.dump([{"id": i, "name": f"n{i}", "tags": [i, i + 1]} for i in range(60000)], f)
    cc1 = subprocess.run(["gcc", "-print-prog-name=cc1"], capture_output=True, text=True,
                         check=False).stdout.strip() if shutil.which("gcc") else "cc1"
    source = source_file(directory)
    malloc = dict(os.environ, PYTHONMALLOC="malloc")
    return [
        ("perl", ["perl", "-e", PERL], None),
        ("sqlite3", ["sqlite3", ":memory:", SQL], None),
        ("python3", ["/usr/bin/python3", "-c", PYTHON], None),
        ("python3 PYTHONMALLOC=malloc", ["/usr/bin/python3", "-c", PYTHON], malloc),
        ("cc1 -O2", [cc1, "-quiet", "-O2", source, "-o", os.devnull], None),
        ("jq", ["jq", "-c", "map(.tags|add)|add", json_file], None),
        ("lua", ["lua5.4", "-e", LUA], None),
        ("node", ["node", "-e", NODE], None),
        ("git log", ["git", "-C", os.path.dirname(os.path.abspath(__file__)), "log", "-p"], None),
    ]


def measure(command, environment):
    """CPU seconds and peak RSS (KiB) of one run."""
    child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def preloaded(environment, arenas):
    """The environment of a traced process whose record nobody collects."""
    return dict(environment or os.environ, LD_PRELOAD=os.path.abspath(LIBHEAPLINE),
                HEAPLINE_SESSION="1", HEAPLINE_CHILDREN="0", HEAPLINE_DIR=arenas)


def rounds_of(command, environment):
    """Interleaved (cpu, rss) pairs, bare and traced."""
    bare, traced = [], []
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory(dir="/dev/shm") as arenas:
            bare.append(measure(command, environment))
            traced.append(measure(command, preloaded(environment, arenas)))
    return bare, traced


def bench(name, command, environment, directory):
    snapshot = os.path.join(directory, "bench.snap")
    bare, traced = rounds_of(command, environment)
    run = measure([HEAPLINE, "run", "-q", "-f", "-o", snapshot, "--no-children", "--"] + command,
                  environment)
    info = json.loads(subprocess.run([HEAPLINE, "info", "--json", snapshot], capture_output=True,
                                     check=True).stdout)
    begin = time.monotonic()
    subprocess.run([HEAPLINE, "top", snapshot], stdout=subprocess.DEVNULL, check=True)
    top = time.monotonic() - begin
    cpu, rss = ([statistics.median(r[i] for r in runs) for runs in (bare, traced)] for i in (0, 1))
    ratios = sorted(t[0] / b[0] for b, t in zip(bare, traced))
    print(f"{name:28} {info['total']['count'] + info['frees']:>10} {info['call_paths']:>8} "
          f"{cpu[0]:>8.2f} {cpu[1]:>8.2f} {statistics.median(ratios):>6.2f} "
          f"{ratios[0]:>5.2f}-{ratios[-1]:<5.2f} {run[0]:>6.2f} {rss[0] / 1024:>7.1f} "
          f"{rss[1] / 1024:>7.1f} {os.path.getsize(snapshot) / 1024:>7.0f} {top:>6.2f}", flush=True)


def main():
    print(f"{'program':28} {'events':>10} {'paths':>8} {'bare s':>8} {'traced s':>8} {'ratio':>6} "
          f"{'min - max':>11} {'run s':>6} {'MiB':>7} {'traced':>7} {'KiB':>7} {'top s':>6}")
    with tempfile.TemporaryDirectory() as directory:
        for name, command, environment in workloads(directory):
            if shutil.which(command[0]):
                bench(name, command, environment, directory)
            else:
                print(f"{name:28} not installed: {command[0]}")


main()
