#!/usr/bin/env bash
# Other allocators, preloaded or linked, stay the allocator and are traced in full: their operator new
# does not pass through malloc.
. "$(dirname "$0")/lib.sh"

program=$PROGRAMS/counted-news
if [ ! -x "$program" ]; then
    skip "other allocators" "not built (no C++ compiler)"
    finish
    exit
fi

library_path() { # SONAME
    ldconfig -p | awk -v name="$1" '$1 == name && /x86-64/ { print $NF; exit }'
}

for soname in libjemalloc.so.2 libtcmalloc_minimal.so.4 libmimalloc.so.2; do
    path=$(library_path $soname)
    name=${soname%%.so*}
    if [ -z "$path" ]; then
        skip "$name" "not installed"
        continue
    fi
    capture "$name-preloaded.bare" env LD_PRELOAD="$path" "$program"
    capture "$name-preloaded" env LD_PRELOAD="$path" "$HEAPLINE" run -q -- "$program"
    check "$name preloaded: behaves as without us" differences "$name-preloaded.bare" "$name-preloaded"
    check "$name preloaded: the record is the program's own" truth rows "$name-preloaded"
    check "$name preloaded: rows of every key add up to the totals" sums "$name-preloaded"
    matches "$name preloaded: it is still there" \
        "$(field "$(main_snapshot "$name-preloaded")" '.modules[].path')" "$name"
    same "$name preloaded: no block is missed or foreign" \
        "$(field "$(main_snapshot "$name-preloaded")" '[.not_seen.foreign_frees, .not_seen.missed_frees] | add')" 0

    linked=$work/linked-$name
    if g++ -g -O2 "$srcdir/tests/programs/counted-news.cc" -x c "$srcdir/tests/programs/truth.c" -x none \
        -Wl,--no-as-needed "$path" -o "$linked" 2>"$work/link"; then
        faithful "$name linked" rows "$linked"
    else
        skip "$name linked" "cannot be linked: $(head -n 1 "$work/link")"
    fi
done
faithful "glibc" rows "$program"
finish
