#!/usr/bin/env bash
# Places and limits that leave a tracer little room: deep stacks, resource limits, seccomp, other
# roots, closed descriptors, full disks.
. "$(dirname "$0")/lib.sh"

faithful "400,000 frames" none "$PROGRAMS/deep-recursion"
same "400,000 frames: a block of each" 400000 \
    "$("$HEAPLINE" top "$(main_snapshot 400-000-frames)" --by function --json |
        jq '.rows[] | select(.function == "sink") | .total.count')"
faithful "address space limited by the program" rows "$PROGRAMS/limits" as
faithful "file size limited by the program" rows "$PROGRAMS/limits" fsize
faithful "descriptors limited by the program" rows "$PROGRAMS/limits" nofile
if have prlimit; then
    faithful "address space limited before the start" rows prlimit --as=1073741824 "$PROGRAMS/limits"
    faithful "little address space" none prlimit --as=67108864 "$PROGRAMS/limits"
    faithful "file size limited before the start" rows prlimit --fsize=0 "$PROGRAMS/limits"
    faithful "descriptors limited before the start" rows prlimit --nofile=8 "$PROGRAMS/limits"
    faithful "hardly a descriptor" none prlimit --nofile=4 "$PROGRAMS/limits"
    same "hardly a descriptor: the image that exec replaced is told from the last" \
        "$(snapshots hardly-a-descriptor | sed 's/.*heapline\.//; s/\.[0-9]*\././' | tr '\n' ' ')" \
        "limits.snap prlimit.exec1.snap "

    # The limit is heapline's as well, who cannot lift it.
    without_right=()
    [ "$(id -u)" != 0 ] || without_right=(setpriv --bounding-set=-sys_resource)
    if [ "$(id -u)" != 0 ] || have setpriv; then
        capture small-files prlimit --fsize=8388608 "${without_right[@]}" "$HEAPLINE" run -q -- "$PROGRAMS/limits"
        same "file size limited for all: exit status" "$(status_of small-files)" 0
        check "file size limited for all: the record is the program's own" truth rows small-files
    else
        skip "file size limited for all" "needs setpriv"
    fi
    capture soft-limit prlimit --fsize=0: "$HEAPLINE" run -q -- "$PROGRAMS/limits"
    check "heapline lifts the limit for its own files" truth rows soft-limit

    # A process that can have no file of its own, while it runs.
    lent() {
        local directory=$work/lent pid runner
        mkdir -p "$directory"
        mkfifo "$directory/gate"
        (cd "$directory" && exec "$HEAPLINE" run -q -o x.snap -- prlimit --fsize=0 cat gate >out 2>err) &
        runner=$!
        exec 9>"$directory/gate"
        pid=$(pgrep -P $runner -x cat)
        same "lent memory: info PID" "$(field "$pid" '.ended, (.command | join(" "))')" $'running\ncat gate'
        same "a running process: what the tracer uses is unknown" "$(field "$pid" .tracer.bytes)" null
        check "lent memory: top PID" "$HEAPLINE" top "$pid"
        check "lent memory: snapshot PID" "$HEAPLINE" snapshot "$pid" -o "$directory/live.snap"
        same "lent memory: which can be read" "$(field "$directory/live.snap" .pid)" "$pid"
        matches "lent memory: ps lists it" "$("$HEAPLINE" ps)" " $pid  running [^
]* cat"
        same "lent memory: once, and without a file" \
            "$("$HEAPLINE" ps --json | jq -c ".arenas[] | select(.pid == $pid and (.exe | endswith(\"cat\"))) |
                [.state, .arena]")" '["running",null]'
        exec 9>&-
        wait $runner
        same "lent memory: run collects it" "$(field "$directory/x.snap" .ended)" "exit 0"
    }
    lent
fi
faithful "strict seccomp" rows "$PROGRAMS/seccomp-strict"
faithful "a seccomp filter that kills" totals "$PROGRAMS/seccomp-filter"
faithful "a child under seccomp" none "$PROGRAMS/forks-under-seccomp"
faithful "mlockall" rows "$PROGRAMS/locks-memory"

mkdir "$work/own-files"
faithful "closes all descriptors" rows "$PROGRAMS/closes-descriptors" "$work/own-files"

# Without descriptors 0 to 2, of heapline too.
closed_streams() {
    mkdir -p "$work/closed"
    (cd "$work/closed" && "$PROGRAMS/closed-streams" "$work/closed/bare" <&- >&- 2>&-)
    local expected=$?
    (cd "$work/closed" && "$HEAPLINE" run -q -- "$PROGRAMS/closed-streams" "$work/closed/out" <&- >&- 2>&-)
    same "closed streams: exit status" $? $expected
    same "closed streams: the program gets descriptors 0 to 2" "$(own_output closed)" \
        "$(grep -v '^{"truth":' "$work/closed/bare")"
    check "closed streams: the record is the program's own" truth rows closed
}
closed_streams

if [ "$(id -u)" = 0 ]; then
    mkdir "$work/empty-root"
    faithful "a root without /proc and /dev/shm" rows "$PROGRAMS/changes-root" "$work/empty-root"

    # A whole root with a program in it, but nothing of ours.
    root=$work/root
    mkdir -p "$root"
    for file in "$PROGRAMS/ends" $(ldd "$PROGRAMS/ends" | grep -o '/[^ ]*'); do
        mkdir -p "$root/$(dirname "$file")"
        cp "$file" "$root/$file"
    done
    faithful "exec after chroot" none chroot "$root" "$PROGRAMS/ends" exit
else
    skip "other roots" "needs root"
fi

# Full places.
if can_be_apart; then
    capture full-shm.bare "$PROGRAMS/limits"
    apart full-shm 'mount -t tmpfs -o size=64k none /dev/shm; head -c 100000 /dev/zero >/dev/shm/filler 2>/dev/null
        traced full-shm "$PROGRAMS/limits"'
    check "full /dev/shm: behaves as without us" differences full-shm.bare full-shm
    check "full /dev/shm: what is recorded and what is not make the whole" truth totals full-shm

    apart small-shm 'mount -t tmpfs -o size=512k none /dev/shm; traced small-shm "$PROGRAMS/limits"'
    check "/dev/shm fills up: behaves as without us" differences full-shm.bare small-shm
    check "/dev/shm fills up: what is recorded and what is not make the whole" truth totals small-shm

    mkdir "$work/disk" "$work/locked"
    apart full-disk 'mount -t tmpfs -o size=16k none "$work/disk"; head -c 100000 /dev/zero >"$work/disk/filler" 2>/dev/null
        capture full-disk "$HEAPLINE" run -q -o "$work/disk/x.snap" -- "$PROGRAMS/ends" exit
        ls "$work/disk" >"$work/full-disk/left"'
    same "full output disk: the program's status stays" "$(status_of full-disk)" 9
    matches "full output disk: said" "$(cat "$work/full-disk/err")" '^heapline: .*No space left'
    same "full output disk: no part of a file is left" "$(cat "$work/full-disk/left")" filler
    pid=$(jq -r 'select(.truth == "end").pid' "$work/full-disk/out")
    check "full output disk: the record can be recovered" \
        "$HEAPLINE" recover "$pid" -o "$work/full-disk/heapline.again.snap"
    check "full output disk: and is right" truth rows full-disk

    apart read-only 'mount -t tmpfs -o ro none "$work/locked"
        capture read-only "$HEAPLINE" run -o "$work/locked/x.snap" -- "$PROGRAMS/ends" exit'
    same "read-only directory: status 125" "$(status_of read-only)" 125
    same "read-only directory: said before the program starts" "$(cat "$work/read-only/out")" ""
    matches "read-only directory: in one line" "$(cat "$work/read-only/err")" '^heapline: [^
]*$'
else
    skip "full /dev/shm and full disks" "needs root and mount namespaces"
fi
finish
