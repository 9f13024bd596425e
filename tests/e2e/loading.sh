#!/usr/bin/env bash
# What programs are made of: plug-ins, resolvers, constructors; stripped, oddly named, and those that
# cannot be traced.
. "$(dirname "$0")/lib.sh"

faithful "resolvers, constructors, destructors" rows "$PROGRAMS/allocates-in-resolver"
LD_PRELOAD="$PROGRAMS/resolving-library.so" faithful "a library whose resolver allocates" none \
    "$PROGRAMS/ends" exit
LD_PRELOAD="$PROGRAMS/localizing-library.so" faithful "a library whose constructor makes a locale" none \
    "$PROGRAMS/ends" exit
faithful "libraries on one another's addresses" rows "$PROGRAMS/reloads-plugins" \
    "$PROGRAMS/reloaded-plugin-1.so" "$PROGRAMS/reloaded-plugin-2.so"
matches "libraries on one another's addresses: they were" \
    "$(own_output libraries-on-one-another-s-addresses)" "met again"
faithful "a library that sees the C library before us" rows "$PROGRAMS/loads-deep-plugin" \
    "$PROGRAMS/deep-plugin.so"
if [ -e "$PROGRAMS/throwing-plugin.so" ]; then
    faithful "a C program with a plug-in that throws" rows "$PROGRAMS/loads-throwing-plugin" \
        "$PROGRAMS/throwing-plugin.so"
    matches "a C program with a plug-in that throws: by libgcc's unwinder" \
        "$(own_output a-C-program-with-a-plug-in-that-throws)" "unwinder libgcc_s"
fi

mkdir -p "$work/a b, ünï/プログラム: 1"
odd="$work/a b, ünï/プログラム: 1/ends of time"
cp "$PROGRAMS/ends" "$odd"
faithful "a path with spaces and UTF-8" rows "$odd" exit
same "a path with spaces and UTF-8: named in full" \
    "$(field "$(main_snapshot a-path-with-spaces-and-UTF-8)" .exe)" "$odd"

# heapline itself there, as it is installed: the loader splits LD_PRELOAD at spaces and colons.
home="$work/a b, ünï/ここ: \$HOME"
mkdir -p "$home/bin" "$home/lib"
cp "$HEAPLINE" "$home/bin/heapline"
cp "$LIBHEAPLINE" "$home/lib/libheapline.so"
HEAPLINE="$home/bin/heapline" faithful "heapline in a path with spaces and UTF-8" rows "$PROGRAMS/ends" exit
HEAPLINE="$home/bin/heapline" faithful "heapline in such a path: children" rows "$PROGRAMS/spawns"

strip -o "$work/stripped" "$PROGRAMS/ends"
faithful "a stripped program" module "$work/stripped" exit
check "a stripped program: rows of every key add up to the totals" sums a-stripped-program
matches "a stripped program: rows name the module" \
    "$("$HEAPLINE" top "$(main_snapshot a-stripped-program)")" 'stripped\+0x[0-9a-f]+:0: size='

# A script is followed to its interpreter.
printf '#!%s exit\n' "$PROGRAMS/ends" >"$work/script"
printf '#!/bin/sh\nexec %s exit\n' "$PROGRAMS/ends" >"$work/shell-script"
chmod +x "$work/script" "$work/shell-script"
faithful "a shell script" rows "$work/shell-script"

# Not traceable: it runs all the same, a line says why, no file is left.
untraceable() { # TITLE REGEX COMMAND...
    local title=$1 regex=$2 name=${1//[^A-Za-z0-9_]/-}
    shift 2
    capture "$name.bare" "$@"
    capture "$name" "$HEAPLINE" run -- "$@"
    same "$title: exit status" "$(status_of "$name")" "$(status_of "$name.bare")"
    same "$title: output" "$(own_output "$name")" "$(own_output "$name.bare")"
    matches "$title: the reason is said" "$(cat "$work/$name/err")" "^heapline: .*($regex)"
    same "$title: no file" "$(snapshots "$name")" ""
}

source=$work/hello.c
cat >"$source" <<'C'
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    char *block = malloc(100);
    sprintf(block, "hello %d", 7);
    puts(block);
    return 12;
}
C
untraceable "a program with its own malloc" "malloc" "$PROGRAMS/own-allocator"
if gcc -static "$source" -o "$work/static" 2>/dev/null; then
    untraceable "a static program" "static" "$work/static"
else
    skip "a static program" "no static libc"
fi
if gcc -static-pie "$source" -o "$work/static-pie" 2>/dev/null; then
    untraceable "a static PIE" "static" "$work/static-pie"
else
    skip "a static PIE" "no static libc"
fi
if gcc -m32 "$source" -o "$work/narrow" 2>/dev/null && "$work/narrow" >/dev/null 2>&1; [ $? = 12 ]; then
    untraceable "a 32-bit program" "32|class" "$work/narrow"
else
    skip "a 32-bit program" "none can be built or run"
fi
for sanitizer in address thread leak; do # what leaks would be reported with the process' number
    if sed 's/return 12/free(block); return 12/' "$source" |
        gcc -fsanitize=$sanitizer -x c - -o "$work/$sanitizer" 2>/dev/null; then
        untraceable "a program built with -fsanitize=$sanitizer" "sanitizer" "$work/$sanitizer"
    else
        skip "a program built with -fsanitize=$sanitizer" "none can be built"
    fi
done
if have musl-gcc && musl-gcc "$source" -o "$work/musl" 2>/dev/null; then
    untraceable "a musl program" "musl|interpreter|glibc" "$work/musl"
else
    skip "a musl program" "no musl-gcc"
fi
if [ "$(id -u)" = 0 ] && gcc "$source" -o "$work/set-id" && chown nobody "$work/set-id" &&
    chmod 4755 "$work/set-id" && ! findmnt -no OPTIONS -T "$work" | grep -q nosuid; then
    chmod 755 "$work"
    untraceable "a set-user-ID program" "set-|privilege|ids" "$work/set-id"
else
    skip "a set-user-ID program" "needs root and a file system that has them"
fi
capture own-allocator-preloaded env HEAPLINE_OUTPUT=x.snap LD_PRELOAD="$LIBHEAPLINE" "$PROGRAMS/own-allocator"
matches "a program with its own malloc, preloaded alone: the snapshot says so" \
    "$(field "$work/own-allocator-preloaded/x.snap" .not_seen.notes)" "allocator of its own"
gcc -g -fno-pie -no-pie -x c - -o "$work/fixed.out" <<'C'
#include <stdlib.h>
int main(void)
{
    void *(*volatile allocate)(size_t) = malloc;
    return allocate(100) == NULL;
}
C
traced fixed-address "$work/fixed.out"
same "a program at a fixed address that takes malloc's: traced, with nothing to note" \
    "$(field "$(main_snapshot fixed-address)" '"\(.total.bytes) \(.not_seen.notes)"')" "100 []"
faithful "an untraceable program under -q" none "$PROGRAMS/own-allocator"

# exec of what cannot load us: nothing of ours on the program's standard error.
for kind in static narrow musl address thread leak; do
    [ -x "$work/$kind" ] || continue
    faithful "exec of a $kind program" none sh -c "exec '$work/$kind'"
    faithful "a child that is a $kind program" none sh -c "'$work/$kind'; echo \$?"
done
faithful "env -i" none env -i "$PROGRAMS/own-allocator"
faithful "env -i before a program that could be traced" none env -i "$PROGRAMS/ends" exit
capture unfollowed "$HEAPLINE" run -- env -i "$PROGRAMS/ends" exit
matches "env -i: named as not followed" "$(cat "$work/unfollowed/err")
$(for file in $(snapshots unfollowed); do field "$file" '.not_seen.notes[]'; done)" "not followed"
finish
