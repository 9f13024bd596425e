#!/usr/bin/env bash
# Stacks that do not simply grow and shrink: signals, jumps, exceptions, coroutines, threads, code
# without unwind tables.
. "$(dirname "$0")/lib.sh"

for round in 1 2 3; do
    faithful "handlers that allocate inside malloc, $round" rows "$PROGRAMS/signals-inside-malloc"
    faithful "handlers that jump out of malloc, $round" rows "$PROGRAMS/jumps-out-of-handlers"
done
faithful "handlers on an alternative stack of 8 KiB" rows "$PROGRAMS/signals-on-small-stack"
faithful "setjmp and longjmp" rows "$PROGRAMS/jumps"
faithful "coroutines on malloc'd and unmapped stacks" rows "$PROGRAMS/coroutines"
faithful "a hand-made stack" none "$PROGRAMS/hand-made-stack"
faithful "ten thousand short threads" rows "$PROGRAMS/short-threads"
faithful "cancelled threads" rows "$PROGRAMS/cancels-threads"
faithful "threads that end in a handler" none "$PROGRAMS/exits-in-handlers"
faithful "threads that ask where their stack is first of all" none "$PROGRAMS/asks-for-stack"
faithful "stacks of 16 KiB" rows "$PROGRAMS/tiny-stacks"
faithful "no unwind tables" rows "$PROGRAMS/no-unwind-tables"
faithful "frame pointers but no unwind tables" rows "$PROGRAMS/no-unwind-tables-frame-pointers"
faithful "wild recursion" totals "$PROGRAMS/wild-recursion"
# Whole call paths would be 200 million frames.
check "wild recursion: rows add up to the totals" sums wild-recursion lineno,function,module,type
if [ -x "$PROGRAMS/throws-through-frames" ]; then
    faithful "exceptions through fifty frames" rows "$PROGRAMS/throws-through-frames"
    faithful "destructors of thread_local objects" rows "$PROGRAMS/thread-local-destructors"
else
    skip "C++" "not built"
fi
guesses() {
    field "$(main_snapshot "$1")" '.not_seen.truncated_stacks + .not_seen.guessed_frames > 0'
}
same "no unwind tables: cut or guessed stacks are counted" "$(guesses no-unwind-tables)" true
finish
