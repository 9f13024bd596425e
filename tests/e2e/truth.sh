#!/usr/bin/env bash
# Programs that print what they allocated, line by line: the report must equal it to the byte and the
# unit, and the rows of every key must add up to the totals.
. "$(dirname "$0")/lib.sh"

for path in "$srcdir"/tests/programs/truth-*.c "$srcdir"/tests/programs/truth-*.cc; do
    name=$(basename "${path%.c*}")
    if [ ! -x "$PROGRAMS/$name" ]; then
        skip "$name" "not built (no C++ compiler)"
        continue
    fi
    faithful "$name" rows "$PROGRAMS/$name"
    check "$name: rows of every key add up to the totals" sums "$name"
done

deepest() { # [OPTION...]: how many frames the longest call path shows, and has
    "$HEAPLINE" top "$(main_snapshot truth-recursion)" --by traceback --json "$@" |
        jq -c '[.rows[] | [(.frames | length), .frames_total]] | max_by(.[1])'
}
depth=$(deepest | jq '.[1]')
check "a deep call path: all its frames are counted" test "$depth" -gt 200
same "a deep call path: 128 frames are shown" "$(deepest)" "[128,$depth]"
same "a deep call path: --frames 3 shows three" "$(deepest --frames 3)" "[3,$depth]"
same "a deep call path: --frames 0 shows all" "$(deepest --frames 0)" "[$depth,$depth]"
same "a deep call path: as CSV" "$("$HEAPLINE" top "$(main_snapshot truth-recursion)" --by traceback \
    --frames 3 --csv | grep -c "\",$depth\$")" "$("$HEAPLINE" top "$(main_snapshot truth-recursion)" \
    --by traceback --json | jq "[.rows[] | select(.frames_total == $depth)] | length")"
finish
