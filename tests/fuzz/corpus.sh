#!/usr/bin/env bash
# Runs every stored input through its fuzz target: none may crash.
set -u
builddir=${builddir:-$PWD}
srcdir=${srcdir:-$(dirname "$0")/../..}
count=0
for target in arena decode; do
    for input in "$srcdir/tests/fuzz/corpus-$target"/*; do
        count=$((count + 1))
        if said=$("$builddir/tests/fuzz/fuzz-$target" "$input" 2>&1); then
            echo "ok $count - $target ${input##*/}"
        else
            echo "not ok $count - $target ${input##*/}"
            printf '%s\n' "$said" | sed 's/^/# /'
        fi
    done
done
echo "1..$count"
