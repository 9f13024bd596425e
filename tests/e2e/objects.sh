#!/usr/bin/env bash
# Objects of libheapline-gc in a program that knows nothing of the tracer: rows, totals, info.
. "$(dirname "$0")/lib.sh"
makes=$PROGRAMS/makes-objects

capture bare "$makes"
same "without a tracer" "$(cat "$work/bare/out")" "500 objects in 8000 bytes"
capture old "$HEAPLINE" run -q -o old.snap -- "$makes"
capture new "$HEAPLINE" run -q -o new.snap -- "$makes" 40
old=$work/old/old.snap new=$work/new/new.snap
check "the program is as without us" differences bare old
same "info: the domain's totals" \
    "$(field "$old" '.domains[] | select(.name == "objects") | "\(.current.count) \(.current.bytes) \(.total.count)"')" \
    "500 8000 2500"
same "info: runtimes and objects" "$(field "$old" '.gc | "\(.runtimes) \(.objects.count) \(.objects.bytes)"')" \
    "1 500 8000"
same "info: what the collections collected" "$(field "$old" '[.gc.generations[].collected] | add')" 2000
same "info: collections by generation" "$(field "$old" '[.gc.generations[].collections > 0] | tostring')" \
    "[true,false,true]"
same "info: examined, and times" \
    "$(field "$old" '.gc.generations[2] | "\(.examined > 0) \(.seconds >= .longest) \(.longest > 0)"')" \
    "true true true"
matches "info in words" "$("$HEAPLINE" info "$old")" 'objects +8000 B in 500 objects, .* by 1 runtime
gc 0 +collections [1-9].*
gc 2 +collections 1, collected '
same "info: no runtime" "$(capture true "$HEAPLINE" run -q -o t.snap -- true; field "$work/true/t.snap" .gc)" null
same "rows by type" "$("$HEAPLINE" top --by type "$old" | head -n 1)" \
    "node: size=8000 B, count=500, average=16 B"
matches "rows by type and line" "$("$HEAPLINE" top --by type-lineno "$old" | head -n 1)" \
    '^node at .*makes-objects\.c:[0-9]+: size=8000 B, count=500'
same "rows of one type" "$("$HEAPLINE" top --json --filter 'type=no*' "$old" | jq -r '.rows[].type')" node
same "no rows of another type" "$("$HEAPLINE" top --json --filter '-type=node' --filter 'domain=6842211' "$old" |
    jq '.rows | length')" 0
matches "a row's line is the caller's" "$("$HEAPLINE" top "$old" | head -n 1)" \
    'makes-objects\.c:[0-9]+: size=8000 B, count=500'
capture one "$HEAPLINE" run -q --nframe 1 -o one.snap -- "$makes"
matches "also where one frame is kept" "$("$HEAPLINE" top "$work/one/one.snap" | head -n 1)" \
    'makes-objects\.c:[0-9]+: size=8000 B, count=500'
same "diff by type" "$("$HEAPLINE" diff --by type "$old" "$new" | head -n 1)" \
    "node: size=8640 B (+640 B), count=540 (+40), average=16 B"
traced summed "$makes"
check "rows of every key add up" sums summed

# Objects come and go in constant memory, also where some live on and are replaced later.
for each in 0 1000; do
    said=$(timeout 60 "$PROGRAMS/churns-objects" 5000000 $each)
    matches "5,000,000 objects, one in $each survives: $said" "$said" "grown [0-9]?[0-9]?[0-9]$"
done
finish
