#!/usr/bin/env bash
# Programs that nobody here wrote: output and exit status as without us, rows that add up.
. "$(dirname "$0")/lib.sh"

# real TITLE COMMAND...: `real` programs are given by name and skipped where they are missing.
real() {
    local title=$1 name=${1//[^A-Za-z0-9_]/-}
    shift
    if ! have "$1"; then
        skip "$title" "no $1"
        return
    fi
    faithful "$title" none "$@"
    check "$title: rows of every key add up to the totals" sums "$name"
    same "$title: something was allocated" "$(field "$(main_snapshot "$name")" '.total.count > 0')" true
}

cat >"$work/data.py" <<'PY'
import json, re, collections
rows = [{"id": i, "name": "name %d" % (i * 7919 % 1000), "tags": list(range(i % 5))} for i in range(3000)]
text = json.dumps(rows)
counts = collections.Counter(re.findall(r"name \d", text))
print(len(json.loads(text)), sorted(counts.items())[:3])
PY
cat >"$work/data.pl" <<'PL'
my %count;
for my $i (1 .. 20000) { $count{ "k" . ($i * 7919 % 997) } .= chr(65 + $i % 26); }
print join(",", map { "$_=" . length $count{$_} } (sort keys %count)[0 .. 4]), "\n";
PL
cat >"$work/data.sql" <<'SQL'
create table t(a integer primary key, b text, c real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
insert into t select i, 'row ' || (i * 7919 % 1000), i / 7.0 from n;
create index i on t(b);
select b, count(*), round(sum(c), 3) from t group by b order by 2 desc, 1 limit 5;
SQL
cat >"$work/data.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct list { struct list *next; char name[20]; };
static struct list *push(struct list *list, const char *name)
{
    struct list *first = malloc(sizeof *first);
    first->next = list;
    strncpy(first->name, name, sizeof first->name);
    return first;
}
int main(int argc, char **argv)
{
    struct list *list = NULL;
    for (int i = 0; i < argc; i++)
        list = push(list, argv[i]);
    for (; list; list = list->next)
        printf("%s\n", list->name);
    return 0;
}
C
cat >"$work/data.lua" <<'LUA'
local t = {}
for i = 1, 20000 do t[#t + 1] = ("item %d"):format(i * 7919 % 1000) end
table.sort(t)
print(#t, t[1], t[#t], #table.concat(t))
LUA
cat >"$work/data.js" <<'JS'
const map = new Map();
for (let i = 0; i < 20000; i++) map.set("k" + (i * 7919 % 997), [i, String(i)]);
console.log(map.size, JSON.stringify([...map]).length, Buffer.alloc(100000).length);
process.exitCode = 4;
JS

real "python3" /usr/bin/python3 "$work/data.py"
real "python3 with PYTHONMALLOC=malloc" env PYTHONMALLOC=malloc /usr/bin/python3 "$work/data.py"
real "perl" perl "$work/data.pl"
real "sqlite3" sqlite3 :memory: ".read $work/data.sql"
real "jq" jq -n '[range(5000) | {a: ., b: "x\(.)"}] | group_by(.a % 7) | map(length)'
real "lua" lua5.4 "$work/data.lua"
real "node" node "$work/data.js"
real "bash" bash -c 'declare -A a; for i in {1..2000}; do a[$((i % 37))]+=$i; done; echo ${#a[@]} $(echo sub) | cat; exit 6'
seq 20000 | awk '{ print $1 * 7919 % 20011, "text " $1 }' >"$work/data.txt"
real "gawk" gawk '{ count[$1 % 97] += $3; text = text $2 } END { asort(count); print count[1], length(text) }' "$work/data.txt"
real "grep" grep -cE '(7|9)1.*5$' "$work/data.txt"
real "sort in threads" sort -k1n -S 200K --parallel=2 "$work/data.txt"
real "tar" tar cf - -C "$srcdir" src
real "xz in threads" xz -kc -T2 -0 --block-size=64KiB "$work/data.txt"
real "openssl" openssl dgst -sha256 "$work/data.txt"
real "ruby" ruby -e 'h = {}; 20000.times { |i| (h["k#{i % 997}"] ||= []) << i }; puts h.size; exit 5'
real "php" php -n -r '$a = []; for ($i = 0; $i < 20000; $i++) $a["k" . ($i % 997)][] = $i; echo count($a), "\n"; exit(3);'
real "gdb" gdb -nx -batch -ex 'info line main' "$PROGRAMS/truth-paths"
real "ls" ls -lR /usr/share/perl5 /etc/default
real "ldd" sh -c 'ldd /usr/bin/perl | sed "s/ (0x.*//"'

# The compiler proper is a child, and the largest: it is named.
real "gcc -c" gcc -c -O2 "$work/data.c" -o data.o
if have gcc; then
    matches "gcc -c: cc1 has a file of its own" "$(snapshots gcc--c)" 'heapline\.cc1\.[0-9]+\.snap'
    same "gcc -c: the object is the same" "$(cmp "$work/gcc--c/data.o" "$work/gcc--c.bare/data.o" && echo same)" same
    capture cc1-named "$HEAPLINE" run -- gcc -c "$work/data.c" -o data.o
    matches "gcc -c: cc1 is named as the largest child" "$(cat "$work/cc1-named/err")" "cc1"
fi

if have git; then
    repository=$work/repository
    git init -q "$repository"
    for i in 1 2 3 4 5; do
        seq $((i * 100)) >"$repository/file"
        git -C "$repository" add file
        git -C "$repository" -c user.name=a -c user.email=b commit -q -m "commit $i" --date="2020-01-0${i}T00:00:00Z"
    done
    real "git log" git -C "$repository" log --stat -p
    real "git status" git -C "$repository" status
fi

if have g++; then
    cat >"$work/data.cc" <<'CC'
#include <iostream>
#include <map>
#include <stdexcept>
#include <vector>
static int depth(int n)
{
    std::vector<std::string> held(static_cast<size_t>(n), "some text that is long enough for the heap");
    if (n == 0)
        throw std::out_of_range("the end");
    return depth(n - 1) + static_cast<int>(held.size());
}
int main()
{
    std::map<std::string, int> caught;
    for (int i = 0; i < 50; i++)
        try {
            depth(i);
        } catch (const std::exception &error) {
            caught[error.what()]++;
        }
    for (const auto &[text, count] : caught)
        std::cout << text << ' ' << count << '\n';
    return 2;
}
CC
    g++ -std=c++17 -g -O2 "$work/data.cc" -o "$work/exceptions"
    real "a C++ program with exceptions" "$work/exceptions"
fi

if have rustc && rustc -g -O "$srcdir/tests/programs/rust-vectors.rs" -o "$work/rust-vectors" 2>/dev/null; then
    real "a Rust program" "$work/rust-vectors"
    matches "a Rust program: rows are the program's lines" \
        "$("$HEAPLINE" top "$(main_snapshot a-Rust-program)" --json | jq -r '.rows[0].file')" "rust-vectors.rs$"
else
    skip "a Rust program" "no rustc"
fi

# A server: started, filled over the loopback device, shut down by a client.
server_port() { # a port that nobody listens on
    /usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

redis() {
    local port directory=$work/redis
    port=$(server_port)
    mkdir -p "$directory"
    (
        cd "$directory" &&
            timeout 50 "$HEAPLINE" run -q -- redis-server --port "$port" --bind 127.0.0.1 --save '' --daemonize no >out 2>err
        echo $? >status
    ) &
    if ! await redis-cli -p "$port" ping >/dev/null 2>&1; then
        wait $!
        not_ok "redis-server: it starts" "status $(status_of redis)" "$(cat "$directory/err")"
        return
    fi
    timeout 30 redis-benchmark -p "$port" -n 3000 -c 10 -d 100 -r 500 -t set,get,lpush,sadd -q >"$directory/benchmark" 2>&1
    same "redis-server: the benchmark ends well" $? 0
    timeout 10 redis-cli -p "$port" shutdown nosave 2>/dev/null
    wait $!
    same "redis-server: exit status" "$(status_of redis)" 0
    same "redis-server: standard error" "$(cat "$directory/err")" ""
    check "redis-server: rows of every key add up to the totals" sums redis
    same "redis-server: something was allocated" "$(field "$(main_snapshot redis)" '.total.count > 1000')" true
}
if have redis-server && have redis-benchmark && have redis-cli; then
    redis
else
    skip "redis-server" "not installed"
fi
finish
