#!/usr/bin/env bash
# Odd requests and wrong frees: the allocator's answer is the program's, and stays so.
. "$(dirname "$0")/lib.sh"

faithful "requests at the edge" rows "$PROGRAMS/odd-requests"
faithful "sized frees" rows "$PROGRAMS/frees-by-size"
traced strictly "$PROGRAMS/frees-by-size" strictly
same "sized frees: ours stand in where the C library has none" "$(status_of strictly)" 0
check "sized frees: and are recorded" truth rows strictly
for how in twice foreign inside realloc; do
    faithful "frees wrongly: $how" rows "$PROGRAMS/frees-wrongly" "$how"
done
same "frees wrongly: a foreign pointer is counted" \
    "$(field "$(main_snapshot frees-wrongly--foreign)" '.not_seen.foreign_frees >= 1')" true
if [ -x "$PROGRAMS/catches-bad-alloc" ]; then
    faithful "bad_alloc caught" rows "$PROGRAMS/catches-bad-alloc"
    faithful "new_handlers that do not come back" rows "$PROGRAMS/handles-no-memory"
    same "bad_alloc caught: refusals are counted apart" \
        "$(field "$(main_snapshot bad_alloc-caught)" .failed)" 110
fi
finish
