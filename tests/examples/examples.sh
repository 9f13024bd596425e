#!/usr/bin/env bash
# Every example of the manual and of README.md: the page has the text of the program, and the program, traced, prints
# what it should. The headers suit strict C11 and C++17 programs.
#
# A comment before a block of literal text says what it is: `example NAME` the whole program,
# `excerpt NAME` some consecutive lines of it, `output NAME` some of what it prints.
. "$(dirname "$0")/../e2e/lib.sh"
examples=$srcdir/tests/examples

# The blocks of page $1, each in a file $work/blocks/PAGE.N.KIND.NAME.
split_page() {
    awk -v prefix="$work/blocks/$(basename "$1")" '
        /^\.\\" (example|excerpt|output) / { file = sprintf("%s.%02d.%s.%s", prefix, ++n, $2, $3); next }
        file && /^\.Bd / { body = 1; next }
        /^\.Ed/ { file = ""; body = 0 }
        body { sub(/^\\&/, ""); gsub(/\\e/, "\\"); print >file }' "$1"
}

# The same of a text whose blocks are indented. Code that is indented in the program needs no more.
split_readme() {
    awk -v prefix="$work/blocks/README.md" '
        /^<!-- (excerpt|output) / { file = sprintf("%s.%02d.%s.%s", prefix, ++n, $2, $3); next }
        file && /^    / { body = 1 }
        body && /^[^ ]/ { file = ""; body = 0 }
        body && NF { if (file ~ /output/) sub(/^    /, ""); print >file }' "$srcdir/README.md"
}

contains() { # FILE BLOCK: BLOCK is some consecutive lines of FILE
    local newline=$'\n'
    [[ $newline$(<"$1")$newline == *"$newline$(<"$2")$newline"* ]] || diff "$1" "$2"
}

check_block() { # BLOCK
    local kind name page
    IFS=. read -r page section number kind name <<<"$(basename "$1")"
    page=$page.$section
    case $kind in
    example) check "$page: $name is the program that is tested" diff "$1" "$examples/$name.c" ;;
    excerpt) check "$page: excerpt $number is of $name" contains "$examples/$name.c" "$1" ;;
    output) check "$page: $name prints excerpt $number" contains "$examples/$name.expected" "$1" ;;
    esac
}

# What differs between runs.
stable() {
    sed -E 's/0x[0-9a-f]{6,}/0xADDRESS/g; s/[0-9]+\.[0-9]{4}s elapsed/N.NNNNs elapsed/'
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
        timeout 60 "$program" "$work/$1/made.snap" 2>&1 || echo "exit status $?"
    ) | stable
}

mkdir "$work/blocks"
for page in "$srcdir"/man/*.[1-8]; do
    split_page "$page"
done
split_readme
for block in "$work"/blocks/*; do
    check_block "$block"
done
for expected in "$examples"/*.expected; do
    name=$(basename "$expected" .expected)
    check "$name is in the manual" compgen -G "$work/blocks/*.ex*.$name"
    if [ ! -x "$builddir/tests/examples/$name" ]; then
        skip "$name prints what it should" "not built: no Check"
        continue
    fi
    same "$name prints what it should" "$(run_example "$name")" "$(cat "$expected")"
done
# Every call has a page, and a name that leads there unless it is the page's own. Types of functions
# (_fn) are no calls.
for call in $(grep -hoE '\<(heapline|hgc)_[a-z_]+\(' "$srcdir"/include/*.h | tr -d '(' | sort -u); do
    page=$(grep -lE "^\.Nm $call( ,)?\$" "$srcdir"/man/*.3)
    name=$(basename "$page" .3)
    [ "$name" = "$call" ] || grep -q "$name:$call\>" "$srcdir/man/local.mk" || echo "$call"
done | grep -vE '^heapline_ck_|_fn$' >"$work/without-a-page"
same "every call has a page" "$(cat "$work/without-a-page")" ""
# And every name that leads to a page is a call's.
grep -oE '[a-z_]+:(heapline|hgc)_[a-z_]+' "$srcdir/man/local.mk" | while read -r link; do
    grep -qE "\<${link#*:}\(|define ${link#*:}\>" "$srcdir"/include/*.h || echo "$link"
done >"$work/without-a-call"
same "every name of a page is a call's" "$(cat "$work/without-a-call")" ""
check "headers in C11" "$builddir/tests/examples/headers"
check "headers without the libraries" "$builddir/tests/examples/headers-optional"
if [ -x "$builddir/tests/examples/headers-cxx" ]; then
    check "headers in C++17" "$builddir/tests/examples/headers-cxx"
else
    skip "headers in C++17" "no C++ compiler"
fi
finish
