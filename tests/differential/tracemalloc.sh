#!/usr/bin/env bash
# The snapshot calls give what CPython's tracemalloc gives, for random traces. Another seed each
# time, unless DIFFERENTIAL_SEED says which; DIFFERENTIAL_SETS says how many.
. "$(dirname "$0")/../e2e/lib.sh"
driver=$builddir/tests/differential/driver
python=$(command -v python3)

# The rules are those of this version.
if ! "$python" -c 'import sys, tracemalloc; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
    skip "the same as tracemalloc" "python3 is missing or not 3.11"
else
    arguments=(--sets "${DIFFERENTIAL_SETS:-300}")
    [ -z "${DIFFERENTIAL_SEED:-}" ] || arguments+=(--seed "$DIFFERENTIAL_SEED")
    said=$("$python" "$srcdir/tests/differential/tracemalloc.py" "$driver" "${arguments[@]}" 2>&1)
    status=$?
    printf '%s\n' "$said" | sed 's/^[^#]/# &/'
    check "the same as tracemalloc" test $status = 0
fi
finish
