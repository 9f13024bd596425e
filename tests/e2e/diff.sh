#!/usr/bin/env bash
# diff: of a snapshot with itself, and around a known leak.
. "$(dirname "$0")/lib.sh"

traced before "$PROGRAMS/leaks-between" before
traced after "$PROGRAMS/leaks-between" after
before=$(main_snapshot before)
after=$(main_snapshot after)

for key in lineno function filename module traceback domain type; do
    same "a snapshot and itself by $key: all zeros" "$("$HEAPLINE" diff "$after" "$after" --by $key -n 100000 --json |
        jq '[.rows[] | .diff, .peak_diff, .total_diff | .bytes, .count] | all(. == 0)')" true
done

"$HEAPLINE" diff "$before" "$after" --json -n 100000 >"$work/diff.json"
line=$(grep -n 'MALLOC(1021)' "$srcdir/tests/programs/leaks-between.c" | cut -d: -f1)
same "the leak's line comes first, with its bytes and blocks" \
    "$(jq -c '.rows[0] | [(.file | split("/") | last), .line, .diff.bytes, .diff.count, .total_diff.bytes]' "$work/diff.json")" \
    "[\"leaks-between.c\",$line,37777,37,37777]"
line=$(grep -n 'MALLOC(size)' "$srcdir/tests/programs/leaks-between.c" | cut -d: -f1)
same "what was freed is less" \
    "$(jq -c ".rows[] | select((.file | endswith(\"leaks-between.c\")) and .line == $line) |
        [.diff.bytes, .diff.count, .total_diff.count]" "$work/diff.json")" "[-1900,-20,0]"
difference=$(($(field "$after" .current.bytes) - $(field "$before" .current.bytes)))
same "the rows add up to the difference of the totals" \
    "$(jq '[.rows[].diff.bytes] | add' "$work/diff.json")" "$difference"
matches "the text names the line first, in tracemalloc's words" \
    "$("$HEAPLINE" diff "$before" "$after" | grep -m1 size=)" \
    'leaks-between\.c:[0-9]+: size=36\.9 KiB \(\+36\.9 KiB\), count=37 \(\+37\), average=1021 B'
csv=$("$HEAPLINE" diff "$before" "$after" --csv | head -n 1)
matches "the CSV has the columns" "$csv" 'diff_bytes.*diff_count.*peak_diff_bytes'

# What was not seen, and of which of the two. A process that writes its snapshot itself notes that.
capture early env LD_PRELOAD="$LIBHEAPLINE" HEAPLINE_OUTPUT=early.snap "$PROGRAMS/leaks-between" after
early=$work/early/early.snap
note=$("$HEAPLINE" info "$early" | grep ^note:)
notes() { # OLD NEW
    "$HEAPLINE" diff "$1" "$2" | grep note:
}
same "a note of the old snapshot alone" "$(notes "$early" "$after")" "OLD: $note"
same "a note of the new snapshot alone" "$(notes "$after" "$early")" "NEW: $note"
same "a note of both: once" "$(notes "$early" "$early")" "$note"
traced wrong "$PROGRAMS/frees-wrongly"
matches "numbers of one of them" "$("$HEAPLINE" diff "$after" "$(main_snapshot wrong)" | grep -c '^NEW: not seen: [1-9]')" 1
finish
