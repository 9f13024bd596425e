#!/usr/bin/env bash
# Lines and names from whatever compilers and packagers leave: kinds of debug information, separate
# files, compressed and shared ones, symbols alone; and what is said when there are none.
. "$(dirname "$0")/lib.sh"

bin=$work/bin
programs=$srcdir/tests/programs

# A directory with a program `program`, which is printed; nothing when the flags are not supported.
built() { # NAME CC FLAG...
    local directory=$bin/$1 cc=$2
    shift 2
    mkdir -p "$directory"
    (cd "$directory" && "$cc" -D_GNU_SOURCE= -g -fno-builtin -O2 "$@" "$programs/truth-inlining.c" \
        "$programs/truth.c" -o program -lpthread 2>errors) && echo "$directory/program"
}

lines_of() { # NAME PROGRAM: traced, its rows are those that it prints itself, the second time, too
    if [ -n "$2" ]; then
        traced "$1" "$2"
        check "$1" truth rows "$1"
        traced "$1-known" "$2"
        check "$1: once it is known" truth rows "$1-known"
    else
        not_ok "$1" "cannot be built" "$(cat "$bin/$1/errors")"
    fi
}

# --- Kinds of debug information ---

kinds() { # CC FLAG...
    local cc=$1 version name
    shift
    for version in 4 5; do
        name=$(printf %s "$cc-DWARF-$version" "$@")
        lines_of "$name" "$(built "$name" "$cc" -gdwarf-$version "$@")"
    done
}

for cc in gcc clang; do
    if ! have $cc; then
        skip "$cc" "not installed"
        continue
    fi
    kinds $cc
    kinds $cc -O0
    kinds $cc -g1
    kinds $cc -gz
    kinds $cc -gsplit-dwarf
    kinds $cc -fdebug-types-section
    kinds $cc -fno-pie -no-pie
done
have gcc && kinds gcc -flto
have clang && kinds clang -gline-tables-only
if have clang && have ld.lld; then
    kinds clang -flto -fuse-ld=lld
else
    skip "clang -flto" "no clang or no lld"
fi

if ! have gcc; then
    finish
    exit
fi

# A unit that .debug_aranges does not tell of, beside one that it does.
half=$bin/half-told
mkdir -p "$half"
for name in truth truth-inlining; do
    gcc -c -D_GNU_SOURCE= -g -fno-builtin -O2 "$programs/$name.c" -o "$half/$name.o"
done
objcopy --remove-section .debug_aranges "$half/truth-inlining.o"
gcc -o "$half/program" "$half/truth-inlining.o" "$half/truth.o" -lpthread
lines_of half-told "$half/program"

# A function within another, which may have no code of its own, is found where it is.
named() { # NAME EXPECTED COMPILER...: the source is read
    if "${@:3}" -g -O2 -o "$bin/$1" - 2>"$work/errors"; then
        capture "$1" "$HEAPLINE" run -q -o x.snap -- "$bin/$1"
        matches "$1" "$("$HEAPLINE" top --by function "$work/$1/x.snap")" "$2"
    else
        not_ok "$1" "cannot be built" "$(cat "$work/errors")"
    fi
}

named function-within-function 'within: size=300 B' gcc -x c <<'EOF'
#include <stdlib.h>
int main(int argc, char **argv) {
    __attribute__((noinline, noclone)) void *within(size_t size) {
        void *volatile block = malloc(size * argc);
        return block;
    }
    return !within(300);
}
EOF

for cc in g++ clang++; do
    if ! have $cc; then
        skip "$cc: a lambda" "not installed"
        continue
    fi
    named "lambda-in-inlined-function-$cc" 'operator\(\): size=300 B' $cc -x c++ <<'EOF'
#include <cstdlib>
void *(*volatile call)(std::size_t);
static inline __attribute__((always_inline)) void choose() {
    call = [](std::size_t size) {
        void *volatile block = std::malloc(size);
        return static_cast<void *>(block);
    };
}
int main() {
    choose();
    return !call(300);
}
EOF
done

# --- Separate files ---

whole=$(built whole gcc)
build_id=$(readelf -n "$whole" | sed -n 's/.*Build ID: //p')

# The program without its debug information, which is in DEBUG_FILE.
split() { # NAME DEBUG_FILE OBJCOPY-OPTION...: prints the program
    mkdir -p "$bin/$1" "$(dirname "$2")"
    objcopy --only-keep-debug "$whole" "$2"
    objcopy --strip-all "${@:3}" "$whole" "$bin/$1/program"
    echo "$bin/$1/program"
}

linked() { # NAME DEBUG_FILE
    split "$1" "$2"
    objcopy --add-gnu-debuglink="$2" "$bin/$1/program"
}

lines_of debuglink-beside "$(linked debuglink-beside "$bin/debuglink-beside/program.debug")"
lines_of debuglink-in-.debug "$(linked debuglink-in-.debug "$bin/debuglink-in-.debug/.debug/program.debug")"

compressed=$(linked debuglink-compressed "$bin/debuglink-compressed/program.debug")
objcopy --compress-debug-sections "$bin/debuglink-compressed/program.debug"
lines_of debuglink-compressed "$compressed"

lines_of without-debuglink "$(split without-debuglink "$bin/without-debuglink/program.debug")"

# What a preloaded library alone writes has no symbols in it: they are looked up by `top`.
recorded() { # NAME PROGRAM
    capture "$1" env HEAPLINE_OUTPUT=x.snap LD_PRELOAD="$LIBHEAPLINE" "$2"
}

in_debug_directory() { # TITLE NAME DIRECTORY, which stands for /usr/lib/debug
    matches "in a debug directory $1" "$(unshare -rm sh -c 'mount --bind "$1" /usr/lib/debug && "$2" top "$3"' \
        - "$3" "$HEAPLINE" "$work/$2/x.snap")" 'truth-inlining\.c:[0-9]+: size='
}

by_build_id=.build-id/${build_id:0:2}/${build_id:2}.debug
recorded by-build-id "$(split by-build-id "$work/debug/$by_build_id")"
recorded by-directory "$(linked by-directory "$work/debug-1$bin/by-directory/program.debug")"
recorded by-end "$(linked by-end "$work/debug-2/by-end/program.debug")"
recorded by-name "$(linked by-name "$work/debug-3/program.debug")"
recorded by-own-name "$(split by-own-name "$work/debug-4$bin/by-own-name/program")"
if unshare -rm mount --bind "$work/debug" /usr/lib/debug 2>/dev/null; then
    in_debug_directory "by build-id" by-build-id "$work/debug"
    in_debug_directory "by the program's directory" by-directory "$work/debug-1"
    in_debug_directory "by the end of that" by-end "$work/debug-2"
    in_debug_directory "by the link alone" by-name "$work/debug-3"
    in_debug_directory "by the program's own name" by-own-name "$work/debug-4"
else
    skip "in a debug directory" "no mounts, or no /usr/lib/debug here"
fi

if have dwz; then
    compressed=$(built dwz gcc -gdwarf-4)
    dwz "$compressed"
    lines_of dwz "$compressed"
    shared=$(built dwz-shared gcc) sharing=$(built dwz-sharing gcc -O0)
    dwz -m "$work/common.debug" "$shared" "$sharing"
    lines_of dwz-shared "$shared"
    lines_of dwz-sharing "$sharing"
    lines_of dwz-separate "$(whole=$shared linked dwz-separate "$bin/dwz-separate/program.debug")"
else
    skip "dwz" "not installed"
fi

# --- Symbols alone ---

names_of() { # TITLE PROGRAM: rows name functions, and why there are no lines is said
    local name=${1//[^A-Za-z0-9]/-}
    recorded "$name" "$2"
    matches "$1: functions are named" "$("$HEAPLINE" top "$work/$name/x.snap" 2>&1)" \
        '/program\(outer\+0x[0-9a-f]+\):0: .*no lines for [^ ]*/program: no debug information'
}

names_of "an ELF symbol table" "$(split symtab "$work/none.debug" --strip-debug --keep-symbol=outer)"
if have xz; then
    mkdir -p "$bin/minidebuginfo"
    objcopy --strip-all --keep-symbol=outer "$work/none.debug" "$work/mini"
    xz "$work/mini"
    objcopy --strip-all --add-section .gnu_debugdata="$work/mini.xz" "$whole" "$bin/minidebuginfo/program"
    names_of "minidebuginfo" "$bin/minidebuginfo/program"
else
    skip "minidebuginfo" "no xz"
fi

# --- What is not there ---

no_lines() { # TITLE NAME REASON
    matches "$1" "$("$HEAPLINE" top "$work/$2/x.snap" 2>&1)" \
        "/program\\+0x[0-9a-f]+:0: .*no lines for [^ ]*/program: $3"
}

no_lines "stripped" by-build-id "no debug information"
recorded wrong-debuglink "$(linked wrong-debuglink "$bin/wrong-debuglink/program.debug")"
objcopy --only-keep-debug "$(built other gcc -O0)" "$bin/wrong-debuglink/program.debug"
no_lines "a debug file of another build" wrong-debuglink "no debug information"
changing=$(built changing gcc)
recorded changing "$changing"
matches "the same file" "$("$HEAPLINE" top "$work/changing/x.snap")" 'truth-inlining\.c:[0-9]+: size='
built changing gcc -O0 >"$work/changed"
no_lines "a changed file" changing "file has changed \\(build-id differs\\)"
rm "$changing"
no_lines "a missing file" changing "file is missing"

# --- What is kept on disk ---

lines='truth-inlining\.c:[0-9]+: size='
program=$(linked kept "$bin/kept/program.debug")
recorded kept "$program"
kept() { # VARIABLE=VALUE...: the rows with such an environment, and what is said
    env -u HEAPLINE_CACHE HOME="$work/home" "$@" "$HEAPLINE" top "$work/kept/x.snap" 2>&1
}
mkdir "$work/home" "$work/xdg"
expected=$(kept HEAPLINE_CACHE=)
matches "HEAPLINE_CACHE empty: the lines are found" "$expected" "$lines"
same "HEAPLINE_CACHE empty: nothing is kept" "$(find "$work/home")" "$work/home"
same "no variable: the same rows" "$(kept)" "$expected"
check "no variable: kept in the home" compgen -G "$work/home/.cache/heapline/$build_id-*.symbols"
same "XDG_CACHE_HOME: the same rows" "$(kept XDG_CACHE_HOME="$work/xdg")" "$expected"
check "XDG_CACHE_HOME: kept there" compgen -G "$work/xdg/heapline/$build_id-*.symbols"
same "once it is known: the same rows" "$(kept)" "$expected"
known=$(compgen -G "$work/home/.cache/heapline/$build_id-*.symbols")
same "what is known is no secret" "$(field "$known" '.labels[] | select(.name == "debug path").value')" "$bin/kept/program.debug"
echo damaged >"$known"
same "a damaged file: the same rows" "$(kept)" "$expected"
check "a damaged file: made anew" "$HEAPLINE" info "$known"
same "no directory: the same rows" "$(kept HEAPLINE_CACHE=/dev/null/none)" "$expected"
: >"$work/file"
same "a file in its place: the same rows" "$(kept HEAPLINE_CACHE="$work/file")" "$expected"
mv "$bin/kept/program.debug" "$bin/kept/away"
matches "the debug file is gone: so are the lines" "$(kept)" "no debug information"
same "names alone are known as such" "$(field "$known" '.labels[] | select(.name == "symbols tell").value')" "functions"
mv "$bin/kept/away" "$bin/kept/program.debug"
same "the debug file is back: so are the lines" "$(kept)" "$expected"
same "the debug file is back: that is known" "$(field "$known" '.labels[] | select(.name == "symbols tell").value')" \
    "functions, files and lines"

# --- debuginfod: asked by --debuginfod only ---

cat >"$work/server.py" <<'PY'
import functools, http.server, sys
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
server = http.server.HTTPServer(("127.0.0.1", 0), handler)
print(server.server_port, flush=True)
server.serve_forever()
PY
if have python3 && [ -n "$(library_path libdebuginfod.so.1)" ]; then
    mkdir -p "$work/server/buildid/$build_id"
    cp "$work/debug/$by_build_id" "$work/server/buildid/$build_id/debuginfo"
    python3 "$work/server.py" "$work/server" >"$work/port" 2>"$work/requests" &
    at_end+=("kill $!")
    await test -s "$work/port"
    export DEBUGINFOD_URLS DEBUGINFOD_CACHE_PATH=$work/cache
    DEBUGINFOD_URLS=http://127.0.0.1:$(cat "$work/port")
    traced asks-nobody "$bin/by-build-id/program"
    no_lines "without --debuginfod: no lines" by-build-id "no debug information"
    LD_DEBUG=files LD_DEBUG_OUTPUT=$work/loaded "$HEAPLINE" top "$work/by-build-id/x.snap" >/dev/null 2>&1
    same "without --debuginfod: its library is not loaded" "$(grep -l libdebuginfod "$work"/loaded.*)" ""
    "$HEAPLINE" info "$work/by-build-id/x.snap" >/dev/null
    same "without --debuginfod: nobody is asked" "$(cat "$work/requests")" ""
    matches "--debuginfod: lines from the server" \
        "$(LD_DEBUG=files LD_DEBUG_OUTPUT=$work/asked "$HEAPLINE" top --debuginfod "$work/by-build-id/x.snap")" 'truth-inlining\.c:[0-9]+: size='
    matches "--debuginfod: its library is loaded" "$(grep -l libdebuginfod "$work"/asked.*)" asked
    matches "--debuginfod: it was asked" "$(cat "$work/requests")" "GET /buildid/$build_id/debuginfo"
    unset DEBUGINFOD_URLS DEBUGINFOD_CACHE_PATH
else
    skip "debuginfod" "no python3 or no libdebuginfod"
fi

# --- Rust: the standard library's frames are no rows ---

rust() { # NAME FLAG...
    local name=$1
    shift
    if ! have rustc || ! rustc -g "$@" "$programs/rust-vectors.rs" -o "$bin/$name" 2>/dev/null; then
        skip "$name" "no rustc"
        return
    fi
    traced "$name" "$bin/$name"
    same "$name: the program's lines own what it holds" \
        "$("$HEAPLINE" top "$(main_snapshot "$name")" --json | jq -r '.rows[:3][] | "\(.file | sub(".*/"; "")):\(.line)"' | sort | xargs)" \
        "rust-vectors.rs:12 rust-vectors.rs:25 rust-vectors.rs:6"
    matches "$name: names are readable" "$("$HEAPLINE" top "$(main_snapshot "$name")" --by function)" 'rust_vectors::words::'
}
rust rust-optimized -O
rust rust-plain
rust rust-v0-names -O -C symbol-mangling-version=v0
finish
