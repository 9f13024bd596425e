#!/usr/bin/env bash
# Random programs on the object runtime, the same in Python 3.11: what can be observed agrees. Others
# each time; GC_FIRST=N GC_PROGRAMS=N runs those again, or more of them.
set -u
builddir=${builddir:-.}
srcdir=${srcdir:-$(dirname "$0")/../..}
first=${GC_FIRST:-$(od -An -N6 -tu8 /dev/urandom | tr -d " ")}
programs=${GC_PROGRAMS:-400}

echo "1..1"
if [ "$(python3 -c 'import sys; print(*sys.version_info[:2])' 2>/dev/null)" != "3 11" ]; then
    echo "ok 1 - collections are those of Python # SKIP no Python 3.11"
    exit 0
fi
echo "# GC_FIRST=$first GC_PROGRAMS=$programs"
if found=$("$builddir/tests/fuzz/gc-programs" "$first" "$programs" |
    python3 -S -E "$srcdir/tests/fuzz/gc-python.py" 2>&1); then
    echo "ok 1 - collections are those of Python"
else
    echo "not ok 1 - collections are those of Python"
    printf '%s\n' "$found" | sed 's/^/# /'
fi
