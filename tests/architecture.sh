#!/usr/bin/env bash
# The architecture, checked: which layer includes which, what the library in the traced process
# exports, and what it asks of others (libc alone, and of that neither malloc nor stdio).
set -u
shopt -s lastpipe # check counts in this shell
LC_ALL=C
export LC_ALL
srcdir=${srcdir:-$(dirname "$0")/..}
builddir=${builddir:-$srcdir/build}
library=$builddir/.libs/libheapline.so
snapshot_library=$builddir/.libs/libheapline-snapshot.so
gc_library=$builddir/.libs/libheapline-gc.so
count=0

# check NAME: passes when standard input is empty, else shows it.
check() {
    local found
    found=$(cat)
    count=$((count + 1))
    if [ -z "$found" ]; then
        echo "ok $count - $1"
    else
        echo "not ok $count - $1"
        printf '%s\n' "$found" | sed 's/^/# /'
    fi
}

# Lines "FILE:LINE:#include ..." of folder $1 that reach for another than the layers named after it.
# Names without a slash are headers of the same folder, public ones or the configuration.
foreign_includes() {
    local folder=$1 allowed
    shift
    allowed=$(printf '|%s' "$@")
    grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"[^"]*/' \
        "$srcdir/$folder"/*.[ch] /dev/null |
        grep -vE "\"(${allowed#|})/[a-z0-9_]+\.h\""
}

# Needs that are on no list: exact lines of the list $1 (with # comments) are removed from stdin.
not_listed() {
    grep -vxF -f <(grep -vE '^(#|$)' "$srcdir/tests/$1")
}

exported() {
    nm -D --defined-only "$1" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u
}

undefined() {
    nm -D --undefined-only "$1" | awk '{ sub(/@.*/, "", $NF); print $NF }' | sort -u
}

needed() {
    readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'
}

foreign_includes src/base base | check "base includes base only"
foreign_includes src/snapshot snapshot base | check "snapshot includes snapshot and below"
foreign_includes src/analysis analysis snapshot base | check "analysis includes analysis and below"
foreign_includes src/api api analysis snapshot base | check "api includes api and below"
foreign_includes src/unwind unwind base | check "unwind includes unwind and below"
foreign_includes src/tracer tracer unwind snapshot base | check "tracer includes tracer and below"
foreign_includes src/preload preload tracer unwind snapshot base |
    check "preload includes preload and below"
foreign_includes src/gc gc base | check "gc includes gc and base only"
foreign_includes tools tools analysis snapshot base | check "tools include analysis and below"

diff <(grep -v '^#' "$srcdir/tests/exported-symbols.txt" | sort -u) <(exported "$library") 2>&1 |
    check "libheapline exports exactly tests/exported-symbols.txt"
diff <(grep -v '^#' "$srcdir/tests/exported-symbols-snapshot.txt" | sort -u) \
    <(exported "$snapshot_library") 2>&1 |
    check "libheapline-snapshot exports exactly tests/exported-symbols-snapshot.txt"
diff <(grep -v '^#' "$srcdir/tests/exported-symbols-snapshot.txt" | sort -u) \
    <(grep -oE 'heapline_[a-z_]+\(' "$srcdir/include/heapline_snapshot.h" | tr -d '(' | sort -u) 2>&1 |
    check "and the header declares exactly these"
diff <(grep -v '^#' "$srcdir/tests/exported-symbols-gc.txt" | sort -u) <(exported "$gc_library") 2>&1 |
    check "libheapline-gc exports exactly tests/exported-symbols-gc.txt"
needed "$gc_library" 2>&1 | grep -vxE 'lib[cm]\.so\.6|ld-linux-[a-z0-9-]*\.so\.[0-9]' |
    check "libheapline-gc needs libc and libm only"
undefined "$gc_library" 2>&1 | grep -xE 'malloc|calloc|realloc|free' |
    check "libheapline-gc keeps its memory out of malloc"
needed "$library" 2>&1 | grep -vxE 'libc\.so\.6|ld-linux-[a-z0-9-]*\.so\.[0-9]' |
    check "libheapline needs libc only"
undefined "$library" 2>&1 | not_listed undefined-symbols.txt |
    check "libheapline uses tests/undefined-symbols.txt only"
readelf -dW "$library" 2>&1 | grep -c -e BIND_NOW -e 'FLAGS.*NOW' | grep -x 0 |
    check "libheapline is bound at load time"

# Headers, pages and tests that no list names would be missing from the distribution.
(cd "$srcdir" && find src tools man tests/unit tests/e2e tests/fuzz -type f ! -name '*.mk' ! -name '*.pyc') |
    grep -vxF -f <(grep -ohE '[a-z]+/[A-Za-z0-9_./-]+' "$srcdir"/*/local.mk "$srcdir"/*/*/*.mk |
        sed 'p; s/$/.c/') |
    check "every file is on a list of the build"
echo "1..$count"
