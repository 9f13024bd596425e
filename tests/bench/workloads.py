"""The rows of the tables: what is run, and by which contenders."""
import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass

from measuring import Row, environment, first_line, program
from services import Redis

PYTHON_PATH = "/usr/bin/python3"
PYTHON_DEBUG = "/usr/bin/python3-dbg"
PYTHON = """d = {{}}
for i in range({0} * 2000):
    d.setdefault(i % 5000, []).append(str(i))
print(sum(len(v) for v in d.values()), len(sorted(d)))"""
PERL = """my %h;
for my $i (1..{0} * 3000) {{
    my $k = "k" . ($i % 20000);
    $h{{$k}} .= "v$i";
    delete $h{{$k}} if length $h{{$k}} > 60;
}}
my @s = sort keys %h;
my $t = join ",", map {{ $_ * 2 }} 1..{0} * 4000;
my $n = () = $t =~ /\\d+/g;
print scalar(@s), " $n\n";"""
SQL = """create table t(a integer primary key, b text, c real);
with recursive n(i) as (select 1 union all select i+1 from n where i<{0} * 1500)
insert into t select i, 'row '||i, i*0.5 from n;
create index x on t(b);
select count(*), sum(c) from t where b like 'row 1%';
select b, count(*) from t group by substr(b,1,6) order by 2 desc limit 5;"""
LUA = """local t = {{}}
for i = 1, {0} * 4000 do t[i % 9000] = {{i, tostring(i)}} end
local n = 0
for _ in pairs(t) do n = n + 1 end
print(n)"""
NODE = """const m = new Map();
for (let i = 0; i < {0} * 4000; i++) m.set('k' + i % 9000, [i]);
console.log(m.size, JSON.stringify([...m]).length);"""

IN_PROCESS = ("bare", "floor", "floor+path", "heapline", "ht-preload", "tcmalloc", "tc-heap",
              "jemalloc", "je-prof")
WHOLE = ("bare", "floor", "floor+path", "heapline", "first run", "run", "ht-preload", "heaptrack")
VALGRIND = ("bare", "heapline", "first run", "run", "heaptrack", "massif", "dhat")


@dataclass
class Section:
    """Rows with one measure: `time` turns a Sample into a figure in `unit`."""
    title: str
    unit: str
    time: object
    rows: list


def printed(sample):
    """The figure that a program prints about itself."""
    return float(sample.printed)


def cpu(sample):
    """User and system seconds."""
    return sample.cpu


def wall_ms(sample):
    """Milliseconds of wall clock."""
    return sample.wall * 1e3


def depth(frames, **more):
    """The environment of a row whose call paths have so many frames (for contender floor+path, which
    reads 64 at most). Of real programs: the mean over all allocations, as `heapline top --json --by
    traceback --sort total --blame raw` tells of them."""
    return {"FLOOR_FRAMES": str(frames), **more}


def micro(name, work, number, count, contenders=IN_PROCESS, frames=10):
    """A row of the program `micro`."""
    return Row(name, [program("micro"), work, str(number), str(int(count))], contenders,
               depth(frames))


def micro_sections(scale):
    """One thread, several threads, and the tools that are too slow for either."""
    rows = [micro(f"pair, depth {frames}", "pair", frames, 2e6 * scale, frames=frames)
            for frames in (10, 25, 60)]
    rows += [micro(f"pair, depth 25, {paths} path{'s' * (paths > 1)}", "paths", paths, 2e6 * scale,
                   frames=25) for paths in (1, 4, 16, 64)]
    rows += [micro(f"replace one of {name} blocks", "live", blocks, 1e6 * scale)
             for name, blocks in (("1 K", 1000), ("1 M", 1000000), ("5 M", 5000000))]
    threads = [micro(f"pair, {n} thread{'s' * (n > 1)}, below the peak", "threads", n,
                     2e6 * scale / n) for n in (1, 2, 8)]
    threads += [micro(f"ramp-up, {n} thread{'s' * (n > 1)}", "ramp-up", n, 5e5 * scale)
                for n in (1, 2)]
    threads += [micro("freed by another thread", "hand-over", 0, 5e5 * scale),
                micro("thread with ten pairs", "churn", 0, 4e3 * scale)]
    return [
        Section("micro-benchmarks, one thread", "ns", printed, rows),
        Section("micro-benchmarks, threads", "ns", printed, threads),
        Section("tracing off", "ns", printed,
                [micro("pair, depth 10, tracing off", "pair", 10, 1e7 * scale, ("bare", "off"))]),
        Section("micro-benchmarks, few operations", "ns", printed,
                [micro("pair, depth 10, 20 K operations", "pair", 10, 2e4,
                       ("bare", "heapline", "ht-preload", "massif", "dhat")),
                 micro("pair, depth 60, 20 K operations", "pair", 60, 2e4,
                       ("bare", "heapline", "ht-preload", "massif", "dhat"))]),
    ]


def source_file(directory, functions):
    """C source for the compiler."""
    path = os.path.join(directory, f"program{functions}.c")
    with open(path, "w", encoding="utf-8") as file:
        for i in range(functions):
            file.write(f"int f{i}(int x, int *p) {{ int s = {i}; for (int i = 0; i < x; i++) "
                       f"{{ s += p[i] * {i + 1}; if (s & 1) p[i] ^= s; }} return s; }}\n")
    return path


def script(directory, template, size):
    """A program's text in a file: heaptrack fails on a command line of several lines."""
    with tempfile.NamedTemporaryFile("w", dir=directory, delete=False) as file:
        file.write(template.format(size))
    return file.name


def json_file(directory, size):
    """Input for jq."""
    path = os.path.join(directory, f"data{size}.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump([{"id": i, "name": f"n{i}", "tags": [i, i + 1]} for i in range(size)], file)
    return path


def repository(directory):
    """A git repository of 400 commits, each of which changes eight of 40 files."""
    path = os.path.join(directory, "repository.git")
    if not shutil.which("git"):
        return path
    files = [[f"line {line} of file {name}" for line in range(300)] for name in range(40)]
    stream = []
    for commit in range(400):
        stream.append(f"commit refs/heads/main\ncommitter A <a@b> {1700000000 + commit} +0000\n"
                      f"data <<END\ncommit {commit}\nEND\n")
        for step in range(8):
            name = (commit * 7 + step * 5) % 40
            for line in range(step, 300, 60):
                files[name][(line + commit) % 300] = f"line {line} changed by commit {commit}"
            stream.append(f"M 644 inline file{name}\ndata <<END\n" + "\n".join(files[name])
                          + "\nEND\n")
    subprocess.run(["git", "init", "-q", "--bare", path], check=True, env=environment({}))
    subprocess.run(["git", "-C", path, "fast-import", "--quiet"], input="".join(stream), text=True,
                   check=True, env=environment({}))
    return path


def real_rows(directory):
    """Real programs at full size."""
    git = ["git", "-C", repository(directory), "log", "-p", "main"]
    python = [PYTHON_PATH, script(directory, PYTHON, 300)]
    redis = Redis()
    cc1 = first_line("gcc", "-print-prog-name=cc1") or "cc1"
    return [
        Row("python3", python, WHOLE + ("tracemalloc",), depth(100)),
        Row("python3 PYTHONMALLOC=malloc", python, WHOLE + ("tracemalloc",),
            depth(35, PYTHONMALLOC="malloc")),
        Row("perl", ["perl", script(directory, PERL, 300)], WHOLE,
            depth(10, PERL_HASH_SEED="0")),
        Row("sqlite3", ["sqlite3", ":memory:", ".read " + script(directory, SQL, 300)], WHOLE,
            depth(16)),
        Row("cc1 -O2", [cc1, "-quiet", "-O2", source_file(directory, 500), "-o", os.devnull],
            WHOLE, depth(20)),
        Row("git log -p", git, WHOLE,
            depth(20, GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL=os.devnull)),
        Row("jq", ["jq", "-c", "map(.tags|add)|add", json_file(directory, 150000)], WHOLE,
            depth(9)),
        Row("lua", ["lua5.4", script(directory, LUA, 300)], WHOLE, depth(20)),
        Row("node", ["node", script(directory, NODE, 300)], WHOLE, depth(23)),
        Row("redis-server", redis.command(), WHOLE, depth(12), service=redis.drive),
    ]


def small_rows(directory):
    """The same programs with little work, for tools that are 20 to 100 times slower."""
    return [
        Row("python3, small", [PYTHON_PATH, script(directory, PYTHON, 5)], VALGRIND,
            {"PYTHONMALLOC": "malloc"}),
        Row("perl, small", ["perl", script(directory, PERL, 5)], VALGRIND, {"PERL_HASH_SEED": "0"}),
        Row("sqlite3, small", ["sqlite3", ":memory:", ".read " + script(directory, SQL, 5)],
            VALGRIND),
        Row("jq, small", ["jq", "-c", "map(.tags|add)|add", json_file(directory, 3000)], VALGRIND),
        Row("lua, small", ["lua5.4", script(directory, LUA, 5)], VALGRIND),
    ]


def sections(directory, scale):
    """All tables; `scale` shortens the micro-benchmarks."""
    report = ("bare", "first+top", "run+top", "ht+print")
    return micro_sections(scale) + [
        Section("real programs", "s", cpu, real_rows(directory)),
        Section("real programs, little work", "s", cpu, small_rows(directory)),
        Section("start-up", "ms", wall_ms,
                [Row("true", [shutil.which("true")], WHOLE, rounds=4)]),
        Section("record and report", "s", cpu, [
            Row("C++ program with -g", [program("catalogue")], report),
            Row("python3-dbg", [PYTHON_DEBUG, script(directory, PYTHON, 20)], report)]),
    ]
