#!/usr/bin/env bash
# tests/thread-sanitizer.sh BUILD_DIRECTORY [SECONDS]: builds the tracer with ThreadSanitizer and lets
# tests/programs/hammers-calls call it from all sides, SECONDS (10) in each of the two ways in which a
# sanitized program's blocks reach the tracer. Any report is a failure but those that tests/tsan.supp
# names with their reason. Exits with 77 where there is no ThreadSanitizer.
# For longer than CI does: tests/thread-sanitizer.sh DIRECTORY 300
set -euo pipefail

source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
mkdir -p "${1:?usage: tests/thread-sanitizer.sh BUILD_DIRECTORY [SECONDS]}"
seconds=${2:-10}
cd "$1"

# clang's runtime is part of the executable, where its malloc would be the program's own.
cannot_run() {
    echo 'int main(void) { return 0; }' >try.c
    ! gcc -fsanitize=thread -o try try.c || ! ./try
}

if cannot_run; then
    echo "skipped: gcc has no ThreadSanitizer that runs here"
    exit 77
fi
[ -e config.status ] || CC=gcc "$source/configure" --quiet --enable-werror --enable-sanitizers=thread
make --quiet -j"$(nproc)" libheapline-snapshot.la tests/programs/hammers-calls
mkdir -p arenas
for way in hooks tracked; do
    TSAN_OPTIONS="history_size=7 suppressions=$source/tests/tsan.supp" HEAPLINE_DIR=$PWD/arenas \
        timeout $((seconds * 2 + 120)) tests/programs/hammers-calls "$seconds" "$RANDOM" "$way"
done
