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

# The program's own directory is where its source is: it is read for the lines.
run_example() { # NAME
    mkdir -p "$work/$1"
    (
        cd "$examples" || exit
        LD_PRELOAD=$LIBHEAPLINE HEAPLINE_OUTPUT=$work/$1/at-end.snap \
            timeout 60 "$builddir/tests/examples/$1" "$work/$1/made.snap" 2>&1
    )
}

for page in "$srcdir"/man/*.3; do
    for name in $(literals "$page" | sed -n 's/^== //p'); do
        check "${page##*/}: $name is the program that is tested" \
            diff <(example_in "$page" "$name") "$examples/$name.c"
    done
done
for expected in "$examples"/*.out; do
    name=$(basename "$expected" .out)
    check "$name is in the manual" grep -qF ".\\\" example $name" -r "$srcdir/man"
    same "$name prints what it should" "$(run_example "$name")" "$(cat "$expected")"
done
check "headers in C11" "$builddir/tests/examples/headers"
check "headers without the libraries" "$builddir/tests/examples/headers-optional"
if [ -x "$builddir/tests/examples/headers-cxx" ]; then
    check "headers in C++17" "$builddir/tests/examples/headers-cxx"
else
    skip "headers in C++17" "no C++ compiler"
fi
finish
