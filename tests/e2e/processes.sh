#!/usr/bin/env bash
# Forks, execs, daemons and every way to end.
. "$(dirname "$0")/lib.sh"
NO_WIPING="qemu accepts MADV_WIPEONFORK and does nothing" # then a fork without handlers goes unseen

for how in sigkill sigterm abort sigsegv _exit quick_exit exit return exit-in-thread last-thread; do
    faithful "ends by $how" rows "$PROGRAMS/ends" "$how"
done
same "how a killed process ended is said" \
    "$(field "$(main_snapshot ends-by-sigkill)" .ended)" "signal 9"
same "how a process that returned ended is said" \
    "$(field "$(main_snapshot ends-by-exit)" .ended)" "exit 9"

faithful "forks between allocations of other threads" rows "$PROGRAMS/fork-beside-threads"
faithful "forks while other threads are in malloc" rows "$PROGRAMS/fork-racing-threads"
faithful "bare forks beside threads in malloc" none "$PROGRAMS/raw-fork-beside-threads"
faithful "forks before a thousand new call paths" none "$PROGRAMS/forks-beside-new-paths"
if emulated; then
    skip "forks before a thousand new call paths, without handlers" "$NO_WIPING"
else
    faithful "forks before a thousand new call paths, without handlers" none \
        "$PROGRAMS/forks-beside-new-paths" without-handlers
fi
faithful "fork storm" rows "$PROGRAMS/fork-storm"
# One main process, 99 children that allocate (the first allocates nothing), 10 grandchildren.
same "fork storm: a snapshot for every process that allocated" \
    "$(snapshots fork-storm | wc -l)" 110
faithful "vfork, posix_spawn and system" rows "$PROGRAMS/spawns"
faithful "exec of itself" rows "$PROGRAMS/exec-self"
mkdir "$work/damaged"
faithful "exec of damaged files" none "$PROGRAMS/executes-damaged-files" "$work/damaged"
faithful "exec with what cannot be read" none "$PROGRAMS/executes-unreadable"
same "exec of itself: the images it replaced are named" \
    "$(snapshots exec-of-itself | sed 's/.*exec-self\.[0-9]*//' | sort | tr '\n' ' ')" \
    ".exec1.snap .exec2.snap .exec3.snap .snap "
same "exec of itself: how they ended is said" \
    "$(field "$(snapshots exec-of-itself | grep exec1)" .ended)" "replaced by exec"
if emulated; then
    skip "a child by the bare clone call" "$NO_WIPING"
else
    faithful "a child by the bare clone call" rows "$PROGRAMS/clones-itself"
    matches "a child by the bare clone call: said in the notes" \
        "$(for file in $(snapshots a-child-by-the-bare-clone-call); do
            field "$file" '.not_seen.notes[]'
        done)" clone
fi

# A daemon outlives `run`: it is listed, readable while it lives, and nothing is lost when it ends.
daemon_test() {
    local directory=$work/daemon pid
    mkdir -p "$directory"
    mkfifo "$directory/gate"
    capture daemon "$HEAPLINE" run -- "$PROGRAMS/daemon" "$directory/account" "$directory/gate"
    same "daemon: the status is the first process'" "$(status_of daemon)" 0
    same "daemon: the output is the program's" "$(own_output daemon)" started
    await test -s "$directory/account"
    pid=$(jq -r 'select(.truth == "end").pid' "$directory/account")
    at_end+=("kill -9 $pid 2>/dev/null")
    matches "daemon: named with the command to type" "$(cat "$directory/err")" \
        "heapline (snapshot|info|top|recover) $pid"
    matches "daemon: listed by ps" "$("$HEAPLINE" ps)" "(^|[^0-9])$pid([^0-9]|$)"
    same "daemon: readable while it runs" "$(field "$pid" .ended)" running
    check "daemon: its snapshot is taken" "$HEAPLINE" snapshot "$pid" -o "$directory/heapline.live.snap"
    check "daemon: the snapshot is right" "$srcdir/tests/e2e/truth.py" --rows "$HEAPLINE" \
        "$directory/account" "$directory/heapline.live.snap"
    rm "$directory/account"
    echo "x" >"$directory/gate" # two bytes, two more allocations
    await test -s "$directory/account"
    await gone "$pid"
    rm "$directory"/heapline.*.snap
    if [ ! -e "$directory/heapline.daemon.$pid.snap" ]; then
        check "daemon: recovered after its end" "$HEAPLINE" recover "$pid" -o "$directory/heapline.end.snap"
    else
        ok "daemon: wrote its own snapshot"
    fi
    check "daemon: the last record is right" "$srcdir/tests/e2e/truth.py" --rows "$HEAPLINE" \
        "$directory/account" "$(snapshots daemon)"
}
daemon_test

# Killed without `run` beside it: the arena waits.
mkdir "$work/alone"
(cd "$work/alone" && LD_PRELOAD=$LIBHEAPLINE "$PROGRAMS/ends" sigkill >out 2>err; :) 2>/dev/null
pid=$(jq -r 'select(.truth == "end").pid' "$work/alone/out")
matches "killed alone: listed by ps" "$("$HEAPLINE" ps)" "(^|[^0-9])$pid([^0-9]|$)"
check "killed alone: recovered" "$HEAPLINE" recover "$pid" -o "$work/alone/heapline.killed.snap"
check "killed alone: right to the last event" truth rows alone
"$HEAPLINE" recover "$pid" -o "$work/alone/again.snap" 2>"$work/alone/again"
same "killed alone: nothing is left to recover afterwards" "$?" 5
matches "killed alone: which is said" "$(cat "$work/alone/again")" "^heapline: .*nothing to recover"

# Alone, and with one name for all: it is that of the process whose parent is not traced.
mkdir "$work/one-name"
(cd "$work/one-name" && LD_PRELOAD=$LIBHEAPLINE HEAPLINE_OUTPUT=x.snap \
    bash -c '"$0" exit; /usr/bin/env "$0" return; env "$0" exit; true' "$PROGRAMS/ends" >out 2>err)
same "one name for all: is the first process'" "$(field "$work/one-name/x.snap" '.exe | split("/") | last')" bash
same "one name for all: its children have theirs with the PID" \
    "$(cd "$work/one-name" && for file in x.snap.*; do field "$file" '.exe | split("/") | last'; done | sort | uniq -c | xargs)" \
    "3 bash 3 ends 2 env"
same "one name for all: that of their last image and of those before" \
    "$(cd "$work/one-name" && printf '%s\n' x.* | sed 's/[.][0-9]\{2,\}/.P/' | sort | uniq -c | xargs)" \
    "1 x.snap 3 x.snap.P 3 x.snap.P.exec1 2 x.snap.P.exec2"

# A relative HEAPLINE_DIR is the one that it is at the beginning.
relative() { # NAME COMMAND...
    mkdir -p "$work/$1/elsewhere"
    capture "$1" env HEAPLINE_DIR=arenas "${@:2}"
    same "$1: status" "$(status_of "$1")" 3
    same "$1: one directory, which is left empty" \
        "$(cd "$work/$1" && find . -name arenas -o -name '*.arena')" ./arenas
}
if emulated; then
    skip "a relative directory of arenas" "bash is of another machine than the tracer"
else
    relative relative-preloaded LD_PRELOAD="$LIBHEAPLINE" bash -c 'cd elsewhere; exit 3'
    relative relative-run "$HEAPLINE" run -q -o x.snap -- bash -c 'cd elsewhere; ls; exit 3'
fi

# What nobody wants any more goes by ps --prune: not what lives, nor what a run is about to collect.
pruning() {
    local -x HEAPLINE_DIR=$work/arenas
    local session=0123456789abcdef living killed
    states() {
        "$HEAPLINE" ps --json | jq -c '[.arenas[].state] | group_by(.) | map({(.[0]): length}) | add'
    }
    (LD_PRELOAD=$LIBHEAPLINE "$PROGRAMS/ends" sigkill >"$work/killed"; :) 2>/dev/null
    killed=$(jq -r 'select(.truth == "end").pid' "$work/killed")
    mkfifo "$work/hold"
    LD_PRELOAD=$LIBHEAPLINE cat "$work/hold" &
    living=$!
    exec 9>"$work/hold"
    LD_PRELOAD=$LIBHEAPLINE env -i env true # the second env is not traced
    exec 8>"$HEAPLINE_DIR/$session.run"
    flock 8
    (HEAPLINE_SESSION=$session LD_PRELOAD=$LIBHEAPLINE "$PROGRAMS/ends" sigkill >/dev/null; :) 2>/dev/null
    same "ps: what has ended in which way" "$(states)" '{"collecting":1,"ended":1,"replaced":1,"running":1}'
    matches "ps --prune: says how many it removed" "$("$HEAPLINE" ps --prune 2>&1 >/dev/null)" "what 2 ended processes left"
    same "ps --prune: leaves what lives and what a run collects" "$(states)" '{"collecting":1,"running":1}'
    same "ps --prune: and what is there is readable" "$(field "$living" .ended)" running
    "$HEAPLINE" recover "$killed" -o "$work/pruned.snap" 2>/dev/null
    same "ps --prune: what is gone cannot be recovered" "$? $(find "$work" -name 'pruned.snap*')" "5 "
    exec 8>&-
    same "ps --prune: removes what a run left that was killed" "$("$HEAPLINE" ps --prune --json | jq -c '[.pruned, (.arenas | length)]')" '[1,1]'
    exec 9>&-
    wait "$living"
    same "ps --prune: and its mark" "$(find "$HEAPLINE_DIR" -mindepth 1)" ""
}
if emulated; then
    skip "ps --prune" "cat and env are of another machine than the tracer"
elif have flock; then
    pruning
else
    skip "ps --prune" "needs flock"
fi

mkdir "$work/sealed"
(cd "$work/sealed" && LD_PRELOAD=$LIBHEAPLINE "$PROGRAMS/ends" exit >out 2>err)
check "preloaded alone: the process writes its own snapshot" truth rows sealed
finish
