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
finish
