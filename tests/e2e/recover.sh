#!/usr/bin/env bash
# heapline recover, where there is more than one record, or one that is not to be had yet.
. "$(dirname "$0")/lib.sh"

export HEAPLINE_DIR=$arenas

# Runs in $work/NAME, preloaded, and is killed; its PID is in $killed.
killed() { # NAME COMMAND...
    local name=$1
    shift
    mkdir -p "$work/$name"
    (cd "$work/$name" && LD_PRELOAD=$LIBHEAPLINE "$@" >out; :) 2>/dev/null
    killed=$(jq -r 'select(.truth == "end").pid' "$work/$name/out")
}

recovered() { # NAME ARGUMENT...: in $work/NAME, with out, err and status
    local name=$1
    shift
    (cd "$work/$name" && "$HEAPLINE" recover "$@" >recovered 2>err; echo $? >status)
}

# Several images of one process, in a directory that shows what is removed while it is read.
for force in "" -f; do
    name=images$force
    killed "$name" sh -c 'exec env "$0" sigkill' "$PROGRAMS/ends"
    [ -z "$force" ] || echo old >"$work/$name/heapline.r.snap"
    # shellcheck disable=SC2086
    recovered "$name" $force "$killed" -o heapline.r.snap
    same "recover $force: images that exec replaced have names of their own" \
        "$(status_of "$name") $(cd "$work/$name" && echo heapline.* && sort recovered | tr '\n' ' ')" \
        "0 heapline.r.exec1.snap heapline.r.exec2.snap heapline.r.snap
heapline.r.exec1.snap heapline.r.exec2.snap heapline.r.snap "
    same "recover $force: they are said to be that" \
        "$(for part in exec1 exec2; do field "$work/$name/heapline.r.$part.snap" .ended; done)" $'replaced by exec\nreplaced by exec'
    rm "$work/$name"/heapline.r.exec?.snap
    check "recover $force: the last has the name that was asked for, and is whole" truth rows "$name"
    same "recover $force: nothing else is said" "$(cat "$work/$name/err")" ""
done

# Several processes that have had one PID.
mkdir "$work/reused"
export LIBHEAPLINE PROGRAMS
if unshare -p -f --mount-proc bash -c 'for how in sigkill sigterm; do
        echo 500 >/proc/sys/kernel/ns_last_pid || exit
        LD_PRELOAD=$LIBHEAPLINE "$PROGRAMS/ends" $how || true
    done' >"$work/reused/out" 2>/dev/null && [ "$(grep -c '"pid":501' "$work/reused/out")" = 2 ]; then
    recovered reused -f 501 -o r.snap
    same "recover -f: records of processes with one PID do not replace each other" \
        "$(status_of reused) $(cd "$work/reused" && echo r.* && tr '\n' ' ' <recovered)" \
        "0 r.1.snap r.snap
r.snap r.1.snap "
    check "recover -f: the last process has the name that was asked for" test \
        "$(field "$work/reused/r.snap" .started)" '>' "$(field "$work/reused/r.1.snap" .started)"
else
    skip "several processes that have had one PID" "needs root and PID namespaces"
fi

# What heapline run is about to collect.
session=0123456789abcdef
mkdir -p "$arenas"
exec 8>"$arenas/$session.run"
flock 8
export HEAPLINE_SESSION=$session
killed collected "$PROGRAMS/ends" sigkill
unset HEAPLINE_SESSION
for what in "$killed" "$(echo "$arenas/$killed".*.arena)"; do
    recovered collected "$what" -o x.snap
    same "recover leaves what a run collects, named by ${what//[!.]/}: status" "$(status_of collected)" 5
    matches "recover: and says so" "$(cat "$work/collected/err")" 'heapline run writes its snapshot$'
done
exec 8>&-
recovered collected "$what" -o x.snap
same "recover: once that is gone, it may be had" "$(status_of collected) $(cat "$work/collected/recovered")" "0 x.snap"

# What runs, here or where nobody can tell.
mkfifo "$work/gate"
mkdir "$work/running"
LD_PRELOAD=$LIBHEAPLINE cat "$work/gate" &
running=$!
exec 9>"$work/gate"
arena=$(echo "$arenas/$running".*.arena)
for what in "$running" "$arena"; do
    recovered running "$what" -o x.snap
    same "recover: a process that runs keeps its record: status" "$(status_of running)" 5
    matches "recover: that it runs is said" "$(cat "$work/running/err")" 'still runs \(heapline snapshot'
    if unshare -p -f --mount-proc true 2>/dev/null; then
        (cd "$work/running" && unshare -p -f --mount-proc "$HEAPLINE" recover "$what" -o x.snap >recovered 2>err
            echo $? >status)
        same "recover: as one does elsewhere: status" "$(status_of running)" 5
        matches "recover: that it cannot be told is said" "$(cat "$work/running/err")" 'cannot be told'
    else
        skip "recover: where it cannot be told" "needs root and PID namespaces"
    fi
done
check "recover: the record is still there" test -f "$arena"
same "and can be read" "$(field "$running" .ended)" running
exec 9>&-
wait
finish
