#!/usr/bin/env bash
# A traced program that calls libheapline-snapshot: its snapshots of itself, and those that others
# make of it, tell the same; what it dumps, the commands read.
. "$(dirname "$0")/lib.sh"

if [ ! -x "$PROGRAMS/reads-itself" ]; then
    echo "1..0 # SKIP the library has sanitizers, which the programs have not"
    exit 0
fi

traced itself "$PROGRAMS/reads-itself"
same "a program that reads itself, from four threads" "$(cat "$work/itself/out" "$work/itself/err")" \
    "all the same"
capture bare "$PROGRAMS/reads-itself"
matches "untraced it is told so" "$(cat "$work/bare/err")" "not tracing"

mkdir "$work/made"
env LD_PRELOAD= "$builddir/tests/examples/own-traces" "$work/made/own.snap" >/dev/null
same "top of a dumped file" "$("$HEAPLINE" top "$work/made/own.snap")" \
    "cache.c:7: size=12.0 KiB, count=3, average=4096 B"
same "top of a dumped file by traceback" "$("$HEAPLINE" top --by function "$work/made/own.snap")" \
    "cache_fill: size=12.0 KiB, count=3, average=4096 B"
check "info of a dumped file" "$HEAPLINE" info "$work/made/own.snap"
finish
