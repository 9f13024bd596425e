#!/usr/bin/env bash
# Every example of the manual: the page has the text of the program, and the program, traced, prints
# what it should. The headers suit strict C11 and C++17 programs.
. "$(dirname "$0")/../e2e/lib.sh"
examples=$srcdir/tests/examples

# The blocks of literal text in page $1, the names that comments before them give as their first line.
literals() {
    awk '/^\.\\" example / { name = $3; next }
        name && /^\.Bd / { body = 1; print "== " name; next }
        /^\.Ed/ { name = ""; body = 0 }
        body { sub(/^\\&/, ""); gsub(/\\e/, "\\"); print }' "$1"
}

example_in() { # PAGE NAME
    literals "$1" | awk -v name="$2" '/^== / { found = $2 == name; next } found'
}

# What is linked with the tracer starts it; the others have it preloaded. The program's own directory
# is where its source is: it is read for the lines.
run_example() { # NAME
    local program=$builddir/tests/examples/$1 preload=$LIBHEAPLINE
    if readelf -d "$program" | grep -q 'NEEDED.*libheapline\.so'; then
        preload=
    fi
    mkdir -p "$work/$1"
    (
        cd "$examples" || exit
        unset "${!CK_@}"
        [ -z "$preload" ] || export LD_PRELOAD="$preload" HEAPLINE_OUTPUT="$work/$1/at-end.snap"
        timeout 60 "$program" "$work/$1/made.snap" 2>&1
    )
}

for page in "$srcdir"/man/*.3; do
    for name in $(literals "$page" | sed -n 's/^== //p'); do
        check "${page##*/}: $name is the program that is tested" \
            diff <(example_in "$page" "$name") "$examples/$name.c"
    done
done
for expected in "$examples"/*.expected; do
    name=$(basename "$expected" .expected)
    check "$name is in the manual" grep -qF ".\\\" example $name" -r "$srcdir/man"
    if [ ! -x "$builddir/tests/examples/$name" ]; then
        skip "$name prints what it should" "not built: no Check"
        continue
    fi
    same "$name prints what it should" "$(run_example "$name")" "$(cat "$expected")"
done
# Every call has a page, and a name that leads there unless it is the page's own.
for call in $(grep -hoE '\<heapline_[a-z_]+\(' "$srcdir"/include/*.h | tr -d '(' | sort -u); do
    page=$(grep -lE "^\.Nm $call( ,)?\$" "$srcdir"/man/*.3)
    name=$(basename "$page" .3)
    [ "$name" = "$call" ] || grep -q "$name:$call\>" "$srcdir/man/local.mk" || echo "$call"
done >"$work/without-a-page"
same "every call has a page" "$(grep -v '^heapline_ck_' "$work/without-a-page")" ""
check "headers in C11" "$builddir/tests/examples/headers"
check "headers without the libraries" "$builddir/tests/examples/headers-optional"
if [ -x "$builddir/tests/examples/headers-cxx" ]; then
    check "headers in C++17" "$builddir/tests/examples/headers-cxx"
else
    skip "headers in C++17" "no C++ compiler"
fi
finish
