#!/usr/bin/env bash
# The contract of `run`: names of files, what is said where, statuses, signals, and the reports of a
# process that is still running.
. "$(dirname "$0")/lib.sh"

names_in() { # NAME: what is in its directory, but for the harness' files
    find "$work/$1" -mindepth 1 -printf '%P\n' | grep -vxE 'out|err|status' | sort | tr '\n' ' '
}

run() { # NAME ARGUMENT...
    local name=$1
    shift
    capture "$name" "$HEAPLINE" run "$@"
}

# Names.
run default -- "$PROGRAMS/ends" exit
matches "the default name" "$(names_in default)" '^heapline\.ends\.[0-9]+\.snap $'
pid=$(jq -r 'select(.truth == "end").pid' "$work/default/out")
same "its number is the process'" "$(names_in default)" "heapline.ends.$pid.snap "
run plain -q -o name.snap -- "$PROGRAMS/ends" exit
same "-o FILE" "$(names_in plain)" "name.snap "
run letters -q -o '%e_%p_%h_%%' -- "$PROGRAMS/ends" exit
pid=$(jq -r 'select(.truth == "end").pid' "$work/letters/out")
same "-o with %e, %p, %h and %%" "$(names_in letters)" "ends_${pid}_$(uname -n)_% "
run time -q -o 'at-%t' -- "$PROGRAMS/ends" exit
matches "-o with %t" "$(names_in time)" '^at-[0-9TZ:+-]+ $'
mkdir "$work/elsewhere"
run elsewhere -q -o "$work/elsewhere/x.snap" -- sh -c 'cd / && exec "$0" exit' "$PROGRAMS/ends"
[ -e "$work/elsewhere/x.snap" ]
same "the name is relative to where run was started" $? 0

run plain -o name.snap -- "$PROGRAMS/ends" exit
matches "a collision takes .1" "$(names_in plain)" '^name(\.1\.snap name\.snap|\.snap name\.snap\.1) $'
matches "and says so" "$(cat "$work/plain/err")" 'name(\.1\.snap|\.snap\.1)'
run plain -f -q -o name.snap -- "$PROGRAMS/leaks-between" before
same "-f overwrites" "$(field "$work/plain/name.snap" '.exe | split("/") | last')" leaks-between
many=(env env env env env env env "$PROGRAMS/ends" exit) # eight images, the last with the plain name
run many -q -o many.snap -- "${many[@]}"
run many -o many.snap -- "${many[@]}"
same "many collisions: the first ones are said" "$(grep -c 'exists, wrote .* instead' "$work/many/err")" 5
matches "many collisions: the others are counted" "$(cat "$work/many/err")" 'heapline: 3 more files have'
same "-f leaves the others" "$(find "$work/plain" -name 'name*' | wc -l)" 2

run children -q -o all.snap -- sh -c '"$0" exit; "$0" exit; :' "$PROGRAMS/ends"
matches "children without %p get FILE.PID" "$(names_in children)" '^all\.snap all\.snap\.[0-9]+ all\.snap\.[0-9]+ $'
run storm -- "$PROGRAMS/fork-storm"
matches "many files: a count and a glob" "$(cat "$work/storm/err")" '110.*\*'
run childless -q --no-children -- "$PROGRAMS/fork-storm"
matches "--no-children: one file" "$(names_in childless)" '^heapline\.fork-storm\.[0-9]+\.snap $'
check "--no-children: it is right" "$srcdir/tests/e2e/truth.py" --rows "$HEAPLINE" \
    <(tac "$work/childless/out" | sed '2,${/"truth":"end"/Q}' | tac) "$(snapshots childless)"
run images -q --no-children -- "$PROGRAMS/exec-self"
same "--no-children: exec is followed" "$(snapshots images | wc -l)" 4
run main-only -q --no-children -- sh -c '"$0" exit; (exec "$0" exit); sh -c "\"\$0\" exit; :" "$0"; exec "$0" _exit' "$PROGRAMS/ends"
pid=$(jq -r 'select(.truth == "end").pid' "$work/main-only/out" | tail -n 1)
matches "--no-children: neither what a child executes nor grandchildren, but what the process executes itself" \
    "$(names_in main-only)" "^heapline\.[a-z]+\.$pid\.exec1\.snap heapline\.ends\.$pid\.snap \$"
same "--no-children: the others ran" "$(grep -c '"truth":"end"' "$work/main-only/out")" 4
check "--no-children: and the last image's record is right" "$srcdir/tests/e2e/truth.py" --rows "$HEAPLINE" \
    <(tac "$work/main-only/out" | sed '2,${/"truth":"end"/Q}' | tac) "$work/main-only/heapline.ends.$pid.snap"
run spawnless -q --no-children -- "$PROGRAMS/spawns"
matches "--no-children: nor what vfork and posix_spawn start" "$(names_in spawnless)" '^heapline\.spawns\.[0-9]+\.snap $'

# What is said.
same "-q: nothing on standard error" "$(cat "$work/letters/err")" ""
said=$(cat "$work/default/err")
same "standard output is the program's alone" "$(own_output default)" ""
matches "the rows" "$said" 'ends\.c:[0-9]+: size=[0-9.]+ (B|KiB|MiB), count=[0-9]+, average=[0-9.]+ (B|KiB)'
matches "the file" "$said" "$(names_in default | tr -d ' ')"
next=$(sed -n 's/^heapline: next: //p' "$work/default/err")
matches "the next command" "$next" "heapline top .*heapline\.ends\.[0-9]+\.snap"
matches "the next command works as it is" "$(cd "$work/default" && sh -c "$next")" 'ends\.c:[0-9]+: size='
ln -s "$HEAPLINE" "$work/tracer"
cd "$work/default" || exit
matches "the next command is heapline as it was called" "$(../tracer run -- true 2>&1)" 'next: \.\./tracer top heapline\.true'
matches "in PATH: by its name alone" "$(PATH=$work:$PATH tracer run -- true 2>&1)" 'next: tracer top '
cd "$work" || exit
odd=$work/$'one\nline\'s\\'
cp "$PROGRAMS/ends" "$odd"
run odd -- "$odd" exit
next=$(sed -n 's/^heapline: next: //p' "$work/odd/err")
matches "the next command is one line whatever the program is called, and works" \
    "$(cd "$work/odd" && eval "$next")" 'ends\.c:[0-9]+: size='
run few -n 1 -- "$PROGRAMS/odd-requests"
same "-n 1: one row" "$(grep -c 'size=.*count=' "$work/few/err")" 1
matches "-n 1: how many more there are" "$(cat "$work/few/err")" '[0-9]+ more rows'
run cut -q --nframe 1 -- "$PROGRAMS/truth-recursion"
same "--nframe is in the record" "$(field "$(main_snapshot cut)" .nframe)" 1
check "--nframe leaves lines as they are" truth rows cut
traced whole "$PROGRAMS/truth-recursion"
same "--nframe merges call paths" "$(($(field "$(main_snapshot cut)" .call_paths) <
    $(field "$(main_snapshot whole)" .call_paths)))" 1
run long-command -q -o x.snap -- true "$(head -c 5000 /dev/zero | tr '\0' a)" b
matches "a long command line is cut, visibly" "$(field "$work/long-command/x.snap" '.command | join(" ")')" \
    '^true a+\.\.\.$'
same "the command line is in the record" "$(field "$(main_snapshot default)" '.command | join(" ")')" \
    "$PROGRAMS/ends exit"

# Statuses.
for how in exit _exit sigkill abort sigterm; do
    "$PROGRAMS/ends" $how >/dev/null 2>&1
    status=$?
    run "status-$how" -q -- "$PROGRAMS/ends" $how
    same "the status of $how" "$(status_of "status-$how")" "$status"
done
run missing -o missing.snap -- ./no-such-program
same "no such program: 127" "$(status_of missing)" 127
same "no such program: no file" "$(names_in missing)" ""
mkdir -p "$work/unusable"
run unusable -o none/x.snap -- touch ran
same "an output directory that is not there: 125" "$(status_of unusable)" 125
same "and the program was not started" "$(names_in unusable)" ""

# Streams, group and terminal are the program's.
same "standard input" "$(printf 'one\ntwo\n' | "$HEAPLINE" run -q -o "$work/stdin.snap" -- cat)" $'one\ntwo'
same "process group and session" \
    "$("$HEAPLINE" run -q -o "$work/group.snap" -- perl -e 'print getpgrp')" "$(perl -e 'print getpgrp')"
if have script && script -qec true /dev/null </dev/null >/dev/null 2>&1; then
    same "the terminal" "$(script -qec "'$HEAPLINE' run -q -o '$work/tty.snap' -- sh -c 'test -t 0 && test -t 1 && test -t 2 && echo yes'" /dev/null </dev/null | tr -d '\r')" yes
else
    skip "the terminal" "no script(1), or no pseudo-terminals here"
fi
path=$(library_path libm.so.6)
matches "other preloads stay" "$(LD_PRELOAD=$path "$HEAPLINE" run -q -o "$work/preload.snap" -- sh -c 'echo $LD_PRELOAD')" "$path"
same "bare and traced environments differ in ours only" \
    "$("$HEAPLINE" run -q -o "$work/env.snap" -- env | grep -vE '^(HEAPLINE_|LD_PRELOAD=|_=)' | sort)" "$(env | grep -vE '^(HEAPLINE_|LD_PRELOAD=|_=)' | sort)"

# Signals. The program says when it is ready, and what it got.
listener='$SIG{INT} = sub { print "INT\n"; exit 5 }; $SIG{TERM} = sub { print "TERM\n"; exit 6 };
    $SIG{HUP} = sub { print "HUP\n"; exit 8 }; $SIG{QUIT} = sub { print "QUIT\n"; exit 9 };
    $| = 1; print "ready\n"; select undef, undef, undef, 30'

signalled() { # NAME SIGNAL WHOM EXPECTED-STATUS: WHOM is - for the group, empty for run alone
    local directory=$work/$1 pid
    mkdir -p "$directory"
    (cd "$directory" && exec env --default-signal=INT,QUIT setsid "$HEAPLINE" run -q -- perl -e "$listener" >out 2>err) &
    pid=$!
    await grep -qs ready "$directory/out"
    kill "-$2" -- "$3$pid"
    wait $pid 2>/dev/null
    same "$1: exit status" $? "$4"
    same "$1: the program got it" "$(tail -n 1 "$directory/out")" "$2"
    same "$1: the snapshot is there" "$(snapshots "$1" | wc -l)" 1
}
if have perl && have setsid; then
    signalled "SIGINT to the group" INT - 5
    signalled "SIGQUIT to the group" QUIT - 9
    signalled "SIGTERM to run" TERM "" 6
    signalled "SIGHUP to run" HUP "" 8
fi

# While it runs.
live() {
    local directory=$work/live pid runner
    mkdir -p "$directory"
    mkfifo "$directory/gate"
    (cd "$directory" && exec "$HEAPLINE" run -q --every 30ms -o x.snap -- cat gate >out 2>err) &
    runner=$!
    exec 9>"$directory/gate"
    pid=$(pgrep -P $runner -x cat)
    check "top PID" "$HEAPLINE" top "$pid"
    same "info PID: running" "$(field "$pid" .ended)" running
    same "info PID: live" "$(field "$pid" '.live.events_during_read | type')" number
    check "snapshot PID" "$HEAPLINE" snapshot "$pid" -o "$directory/taken.snap"
    "$HEAPLINE" snapshot "$pid" -o "$directory/taken.snap" >"$work/again" 2>&1
    matches "snapshot PID never overwrites" "$(ls "$directory")" 'taken(\.1\.snap|\.snap\.1)'
    check "a live snapshot is read again" "$HEAPLINE" top "$directory/taken.snap"
    matches "ps lists it" "$("$HEAPLINE" ps)" "(^|[^0-9])$pid([^0-9]|$)"
    await test -e "$directory/x.0003.snap"
    same "--every writes numbered snapshots" $? 0
    exec 9>&-
    wait $runner
    same "and the last has the plain name" "$(test -e "$directory/x.snap" && field "$directory/x.snap" .ended)" "exit 0"
    same "a numbered one was taken while it ran" "$(field "$directory/x.0002.snap" .ended)" running
}
live

# The preload alone.
alone() { # NAME ASSIGNMENT...: ends exit, preloaded
    local name=$1
    shift
    capture "$name" env "$@" LD_PRELOAD="$LIBHEAPLINE" "$PROGRAMS/ends" exit
}
alone preloaded HEAPLINE_OUTPUT=p.snap
same "preloaded alone: HEAPLINE_OUTPUT" "$(names_in preloaded)" "p.snap "
same "preloaded alone: silent" "$(cat "$work/preloaded/err")" ""
for wrong in HEAPLINE_NFRAME=many HEAPLINE_NFRAME=70000 HEAPLINE_START=2 HEAPLINE_CHILDREN=no HEAPLINE_OUTPUT=%q; do
    alone "wrong-$wrong" "$wrong"
    same "$wrong: the program runs" "$(status_of "wrong-$wrong")" 9
    same "$wrong: one line says so" "$(grep -c '^heapline: ' "$work/wrong-$wrong/err") $(wc -l <"$work/wrong-$wrong/err")" "1 1"
    same "$wrong: no file" "$(names_in "wrong-$wrong")" ""
done

# Help and version.
matches "--version" "$("$HEAPLINE" --version)" '^heapline [0-9]+\.[0-9]+\.[0-9]+'
for command in run top diff info snapshot ps recover help; do
    matches "help $command" "$("$HEAPLINE" help $command)" "heapline $command"
    same "$command --help is the same" "$("$HEAPLINE" $command --help)" "$("$HEAPLINE" help $command)"
done
finish
