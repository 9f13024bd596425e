#!/usr/bin/env bash
# Style and static analysis of the whole tree, as TAP: one case a tool. Runs in the source
# directory; CPPFLAGS tells where headers outside of it are. A tool that is missing is skipped.
# shellcheck disable=SC2317 # run_tool calls the functions
set -u
cd "$(dirname "$0")/.." || exit 1
count=0
failed=0

sources() {
    find src include tools tests -name '*.[ch]' -o -name '*.cc' -path 'tests/*' | sort
}

scripts() {
    echo quickstart .ci/run
    find tests -name '*.sh'
}

# run_tool NAME COMMAND...: a case that passes when COMMAND says so.
run_tool() {
    local name=$1 output
    shift
    count=$((count + 1))
    if ! command -v "$name" >/dev/null; then
        echo "ok $count - $name # SKIP not installed"
    elif output=$("$@" 2>&1); then
        echo "ok $count - $name"
    else
        echo "not ok $count - $name"
        printf '%s\n' "$output" | sed 's/^/# /'
        failed=1
    fi
}

format() {
    sources | xargs clang-format --dry-run -Werror -ferror-limit=1
}

# CPPFLAGS is a list of words.
# shellcheck disable=SC2086
tidy() {
    find src tools -name '*.c' | sort |
        xargs -P 2 -n 4 sh -c 'clang-tidy --quiet "$@" -- -std=gnu11 -D_GNU_SOURCE= \
            -Isrc -Isrc/arch/x86_64 -Iinclude '"${CPPFLAGS:-}"' "-DHEAPLINE_LIBDIR=\"\""' sh
}

analyse() {
    cppcheck --quiet --std=c11 --language=c --error-exitcode=1 --inline-suppr \
        --enable=warning,performance,portability --suppress=missingIncludeSystem \
        --suppress=allocaCalled --suppress=nullPointerArithmeticRedundantCheck \
        -D_GNU_SOURCE= -D__x86_64__ -DHEAPLINE_LIBDIR='""' -Isrc -Isrc/arch/x86_64 -Iinclude \
        src tools
}

# SC2016: expressions of jq and of the traced programs' own languages.
shell() {
    scripts | xargs shellcheck --shell=bash --exclude=SC2016 --external-sources --source-path=SCRIPTDIR
}

pages() {
    find man -name '*.[1-8]' -exec mandoc -T lint -W warning {} +
}

run_tool clang-format format
run_tool clang-tidy tidy
run_tool cppcheck analyse
run_tool shellcheck shell
run_tool mandoc pages
echo "1..$count"
exit $failed
