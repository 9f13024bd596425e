#!/usr/bin/env bash
# heapline.h as programs come by it: linked, preloaded, optional, by dlsym, and from another language.
# Who writes a file at its end, and what the environment says.
. "$(dirname "$0")/lib.sh"
itself=$PROGRAMS/traces-itself
optional=$PROGRAMS/traces-itself-if-it-can
shopt -s nullglob

lines() { # [WHEN TRACING LIMIT]...: of traces-itself, where a block counts while it is traced
    while [ $# -gt 0 ]; do
        echo "$1: tracing $2, limit $3, a block counts $(($2 * 12345)), is known $2"
        shift 3
    done
}

# Runs a program, checks what it says and whether it leaves a snapshot in its directory.
says() { # TITLE COUNT EXPECTED COMMAND...
    local title=$1 count=$2 expected=$3 name=${1//[^A-Za-z0-9_]/-} left
    shift 3
    capture "$name" "$@"
    same "$title" "$(cat "$work/$name/out" "$work/$name/err")" "$expected"
    same "$title: exit status" "$(status_of "$name")" 0
    left=("$work/$name"/*.snap*)
    same "$title: files" "${#left[@]}" "$count"
}

# Linked.
says "linked: off until it is started" 0 "$(lines 'at first' 0 1 after 1 5 'at last' 0 5)" \
    "$itself" 5 stop
says "linked and never started" 0 "$(lines 'at first' 0 1 after 0 1)" "$itself"
says "linked, HEAPLINE_START=1" 1 "$(lines 'at first' 1 65535 after 1 65535)" \
    env HEAPLINE_START=1 "$itself" 9
says "linked, HEAPLINE_START=1 and a limit" 1 "$(lines 'at first' 1 7 after 1 7 'at last' 0 7)" \
    env HEAPLINE_START=1 HEAPLINE_NFRAME=7 "$itself" 9 stop
says "linked, HEAPLINE_START=0" 0 "$(lines 'at first' 0 1 after 1 9)" \
    env HEAPLINE_START=0 "$itself" 9
says "linked: children of a process whose other thread starts, clears and stops tracing" 0 \
    "0 children ended badly" env HEAPLINE_DIR="$arenas" "$PROGRAMS/forks-beside-clearing"
says "linked: a child whose parent clears its traces before the child's first event" 2 \
    "0 children ended badly" env HEAPLINE_START=1 HEAPLINE_OUTPUT=x%p.snap \
    "$PROGRAMS/forks-beside-clearing" before
found=$(for file in "$work/linked--a-child-whose"*/x*.snap; do
    field "$file" '"\(.current.bytes) \(.not_seen.notes)"'
done)
matches "such a child: what it has allocated itself counts, and what was lost is said" "$found" \
    '(^|
)777 [^
]*the parent cleared its traces'
says "linked, HEAPLINE_OUTPUT" 1 "$(lines 'at first' 0 1 after 1 5)" \
    env HEAPLINE_OUTPUT=x.snap "$itself" 5
same "linked, HEAPLINE_OUTPUT: the limit is the snapshot's" \
    "$(field "$work/linked--HEAPLINE_OUTPUT/x.snap" .nframe)" 5
says "linked, HEAPLINE_OUTPUT, stopped" 1 "$(lines 'at first' 0 1 after 1 5 'at last' 0 5)" \
    env HEAPLINE_OUTPUT=x.snap "$itself" 5 stop
matches "linked, HEAPLINE_OUTPUT, stopped: the snapshot says so" \
    "$(field "$work/linked--HEAPLINE_OUTPUT--stopped/x.snap" '"\(.total.bytes) \(.not_seen.notes)"')" \
    '^0 .*stopped by the program'
says "linked, the environment is wrong: said, and off until it is started" 0 \
    "$(lines 'at first' 0 1 after 1 5
       echo 'heapline: HEAPLINE_NFRAME=abc: not a number of frames from 0 (all) to 65535 (tracing is off)')" \
    env HEAPLINE_NFRAME=abc "$itself" 5

# What a linked program leaves where arenas are.
arena_of() { # NAME COMMAND...
    mkdir -p "$work/$1.arenas"
    capture "$1" env HEAPLINE_DIR="$work/$1.arenas" "${@:2}"
    arena=$(cd "$work/$1.arenas" && echo *)
}
arena_of ended "$itself" 5
same "linked, ended: no arena is left" "$(status_of ended) $arena" "0 "
arena_of killed "$itself" 5 die
matches "linked, killed: its arena is left" "$(status_of killed) $arena" '^137 [0-9]*\.[0-9a-f]*\.arena$'
export HEAPLINE_DIR=$work/killed.arenas
matches "linked, killed: ps names it" "$("$HEAPLINE" ps)" "${arena%%.*}  ended, not collected .*999 B"
same "linked, killed: recover" "$("$HEAPLINE" recover -o "$work/killed.snap" "${arena%%.*}")" "$work/killed.snap"
same "linked, killed: the record is whole" "$(field "$work/killed.snap" '.current | "\(.bytes) \(.count)"')" "999 1"
same "linked, killed: recovered once" "$(cd "$HEAPLINE_DIR" && echo *)" ""
export HEAPLINE_DIR=$arenas # what times out below is to leave its arena where it goes

# Preloaded, also where it is linked.
says "preloaded" 1 "$(lines 'at first' 1 65535 after 1 65535 'at last' 0 65535)" \
    env LD_PRELOAD="$LIBHEAPLINE" "$itself" 5 stop
says "preloaded, a limit" 1 "$(lines 'at first' 1 3 after 1 3)" \
    env LD_PRELOAD="$LIBHEAPLINE" HEAPLINE_NFRAME=3 "$itself" 5
says "preloaded, HEAPLINE_START=0" 1 "$(lines 'at first' 0 1 after 1 5)" \
    env LD_PRELOAD="$LIBHEAPLINE" HEAPLINE_START=0 "$itself" 5
capture under-run "$HEAPLINE" run -q -o run.snap -- "$itself" 5
same "under heapline run" "$(cat "$work/under-run/out")" "$(lines 'at first' 1 65535 after 1 65535)"
same "under heapline run: its snapshot" \
    "$(field "$work/under-run/run.snap" '"\(.ended) \(.failed)"')" "exit 0 0"

# Optional.
declared=$(grep -v '^ \*\|^/\*' "$srcdir/include/heapline.h" | grep -o 'heapline_[a-z_]*(' | tr -d '(' | sort)
says "optional, without the library: every call is NULL" 0 "" "$optional"
says "by dlsym, without the library" 0 "tracing -1" "$optional" dlsym
capture optional-preloaded env LD_PRELOAD="$LIBHEAPLINE" HEAPLINE_START=0 "$optional"
same "optional, preloaded: every call of the header is there" \
    "$(grep '^heapline_' "$work/optional-preloaded/out" | sort)" "$declared"
same "optional, preloaded: they work" "$(tail -n 1 "$work/optional-preloaded/out")" \
    "a block counts 12345, in its scope 12345"
capture dlsym-preloaded env LD_PRELOAD="$LIBHEAPLINE" "$optional" dlsym
same "by dlsym, preloaded: every call of the header is there" \
    "$(grep '^heapline_' "$work/dlsym-preloaded/out" | sort)" "$declared"
same "by dlsym, preloaded: they work" "$(tail -n 1 "$work/dlsym-preloaded/out")" "tracing 1"

# From Python.
if emulated; then
    skip "ctypes" "python3 is of another machine than the tracer"
elif have python3; then
    capture ctypes env LD_PRELOAD="$LIBHEAPLINE" HEAPLINE_START=0 PYTHONMALLOC=malloc \
        python3 "$srcdir/tests/e2e/api.py" preloaded "${LIBHEAPLINE%/*}/libheapline-snapshot.so"
    same "ctypes, preloaded" "$(grep -v '^row ' "$work/ctypes/out")" "tracing 0 0 0
refused -1 1 heapline_start: the number of frames must be in range [1; 65535]
started 0 5
counted True True
rows 3 True True
freed True
stopped 0 0 0"
    same "ctypes, preloaded: rows" "$(grep -c '^row .*: size=.*, count=[0-9]*, average=' "$work/ctypes/out")" 3
    same "ctypes, preloaded: nothing else is said" "$(cat "$work/ctypes/err")" ""
    capture opened python3 "$srcdir/tests/e2e/api.py" opened "$LIBHEAPLINE"
    same "ctypes, opened" "$(cat "$work/opened/out" "$work/opened/err")" \
        "version $("$HEAPLINE" --version | awk '{ print $NF }')
off -2 -2
tracked 0 0
totals 111 2
malloc 0"
else
    skip "ctypes" "no python3"
fi
# A pool: its chunks come from malloc, whose figures stay those of malloc alone; its blocks are
# counted once. valgrind sees the pool with calls that do nothing.
pool=$builddir/tests/examples/pool
capture pool env HEAPLINE_OUTPUT=pool.snap "$pool"
same "a pool: totals of each domain" "$(field "$work/pool/pool.snap" '.domains[] |
    "\(.id) \(.name) \(.current.bytes) \(.current.count) \(.total.bytes) \(.total.count)"')" \
    "0 malloc 0 0 8192 2
1 nodes 6000 150 8000 200"
matches "a pool: in words" "$("$HEAPLINE" info "$work/pool/pool.snap")" \
    $'domain 0 \\(malloc\\): current 0 B in 0 blocks\ndomain 1 \\(nodes\\): current 6000 B in 150 blocks'
if have valgrind; then
    nm -D --undefined-only "$pool" | sed -n 's/.* \(heapline_[a-z_]*\).*/int \1(void) { return 0; }/p' |
        gcc -shared -fPIC -Wl,-soname,libheapline.so.0 -x c -o "$work/nothing.so" -
    LD_PRELOAD=$work/nothing.so valgrind "$pool" >/dev/null 2>"$work/valgrind"
    same "a pool: domain 0's total is valgrind's" \
        "$(sed -n 's/.*usage: \([0-9,]*\) allocs.* \([0-9,]*\) bytes.*/\2 \1/p' "$work/valgrind" | tr -d ,)" \
        "$(field "$work/pool/pool.snap" '.domains[0].total | "\(.bytes) \(.count)"')"
else
    skip "a pool: domain 0's total is valgrind's" "no valgrind"
fi

# Read from outside while names change.
coproc renaming { exec "$PROGRAMS/renames-labels" 2>&1; }
# shellcheck disable=SC2154 # coproc sets it
pid=$renaming_PID
read -r -u "${renaming[0]}" begun
: >"$work/renaming"
for ((i = 0; i < 20; i++)); do
    "$HEAPLINE" snapshot "$pid" -o "$work/renaming.$i.snap" >/dev/null 2>>"$work/renaming"
    field "$work/renaming.$i.snap" '.labels[0].value, .domains[1].name' |
        awk '$0 != "" && $1 != $3' >>"$work/renaming"
done
eval "exec ${renaming[1]}>&-"
wait "$pid"
same "names that change are read whole" "$begun$(cat "$work/renaming")" begun

# Forgetting: counted in memory, not in time.
forgets() { # NAME MODE COUNT
    capture "$1" "$PROGRAMS/forgets-blocks" "$2" "$3"
}

figure() { # NAME MODE: less than nothing is nothing
    awk -v mode="$2" '$1 == mode { print ($2 < 0 ? 0 : $2) }' "$work/$1/out"
}

below() { # NAME MODE LIMIT
    local got
    got=$(figure "$1" "$2")
    cat "$work/$1/out" "$work/$1/err"
    [ -n "$got" ] && [ "$got" -lt "$3" ]
}
forgets few-blocks touched 1000
forgets many-blocks touched 1000000
if [ "$(status_of many-blocks)" = 77 ]; then
    skip "stop and clear touch nothing of live blocks" "the kernel does not say what is touched"
else
    check "stop and clear touch nothing of live blocks" \
        below many-blocks touched $(($(figure few-blocks touched) + (4 << 20)))
fi
forgets rounds rounds 100000
check "100,000 starts and stops: the process does not grow" below rounds rounds $((4 << 20))
check "100,000 starts and stops: nor does the tracer" below rounds tracer $((4 << 20))
forgets labels labels 1000000
check "1,000,000 values of a label: the process does not grow" below labels labels $((1 << 20))
check "1,000,000 values of a label: nor does the tracer" below labels tracer $((1 << 18))
patience=300 forgets sites sites 17000000
check "more call paths than there are numbers: the process does not grow" below sites sites $((4 << 20))
check "more call paths than there are numbers: nor does the tracer" below sites tracer $((4 << 20))
same "more call paths than there are numbers: old blocks stay unknown" "$(figure sites known)" 0

# From all sides at once. By hand: hammers-calls SECONDS SEED, for as long as one likes.
capture hammered "$PROGRAMS/hammers-calls" 3
sed 's/^/# hammered: /' "$work/hammered/out"
same "all calls at once, beside threads that allocate" \
    "$(status_of hammered) $(cat "$work/hammered/err")" "0 "
finish
