#!/usr/bin/env bash
# The directory of arenas when somebody else was there first. In a /dev/shm of its own.
. "$(dirname "$0")/lib.sh"

if ! can_be_apart; then
    echo "1..0 # SKIP needs root and mount namespaces"
    exit 0
fi
stand_in='^/dev/shm/heapline-0\.[0-9a-f]{16}$'

# What a process that is killed alone and one under run find when SQUAT has been there.
squatted() { # NAME SQUAT
    apart "$1" 'mount -t tmpfs none /dev/shm; name=/dev/shm/heapline-0
        '"$2"'
        mkdir -m 755 $name.0000000000000000 # the first of the names, but open to others
        cd "$work/'"$1"'"
        (LD_PRELOAD=$LIBHEAPLINE "$PROGRAMS/ends" sigkill >out 2>err) 2>/dev/null
        pid=$(jq -r "select(.truth == \"end\").pid" out)
        dirname "$(find /dev/shm/ -name "$pid.*.arena")" >place
        "$HEAPLINE" ps >listed
        "$HEAPLINE" recover "$pid" -o heapline.recovered.snap >recovered 2>&1
        find /dev/shm/ -name "$pid.*.arena" >left
        "$HEAPLINE" run -q -o run.snap -- sh -c "dirname /dev/shm/*/\$\$.*.arena; echo /dev/shm/*/*.run" >under-run
        find -L $name* -mindepth 1 >rest
        (LD_PRELOAD=$LIBHEAPLINE "$PROGRAMS/ends" sigkill >/dev/null 2>&1) 2>/dev/null
        rm -rf $name
        (LD_PRELOAD=$LIBHEAPLINE "$PROGRAMS/ends" sigkill >/dev/null 2>&1) 2>/dev/null
        "$HEAPLINE" ps --prune 2>pruned >&2
        find /dev/shm -name "*.arena" >unpruned' 2>/dev/null
    pid=$(jq -r 'select(.truth == "end").pid' "$work/$1/out")
    matches "$1: a stand-in is used" "$(cat "$work/$1/place")" "$stand_in"
    matches "$1: ps finds it" "$(cat "$work/$1/listed")" " $pid  ended"
    check "$1: recover finds it" truth rows "$1"
    same "$1: and takes it away" "$(cat "$work/$1/left")" ""
    same "$1: under run, too, all processes agree" "$(head -n 1 "$work/$1/under-run")" "$(cat "$work/$1/place")"
    matches "$1: and run's mark is there" "$(tail -n 1 "$work/$1/under-run")" "^$(cat "$work/$1/place")/[0-9a-f]{16}\.run$"
    same "$1: run collects it" "$(field "$work/$1/run.snap" .ended)" "exit 0"
    same "$1: nothing is left" "$(cat "$work/$1/rest")" ""
    matches "$1: both names are in use when the first is free" "$(cat "$work/$1/pruned")" "what 2 ended"
    same "$1: ps --prune looks into all directories" "$(cat "$work/$1/unpruned")" ""
}
squatted "a file" 'touch $name'
squatted "a symbolic link" 'mkdir -m 700 /dev/shm/mine; ln -s mine $name'
squatted "a directory of another user" 'mkdir -m 700 $name; chown 1 $name'
squatted "a directory open to others" 'mkdir -m 755 $name; chmod 755 $name'
finish
