#!/usr/bin/env bash
# What the commands say to bad files, wrong process ids and wrong usage: one line, the right status.
. "$(dirname "$0")/lib.sh"

refused() { # TITLE STATUS ARGUMENT...
    local title=$1 status=$2 got
    shift 2
    "$HEAPLINE" "$@" >"$work/out" 2>"$work/err" </dev/null
    got=$?
    if [ $got = "$status" ] && [ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" = 1 ] &&
        grep -q '^heapline: ' "$work/err"; then
        ok "$title"
    else
        not_ok "$title" "heapline $*" "status $got, expected $status" "output: $(head -c 300 "$work/out")" \
            "error: $(head -c 600 "$work/err")"
    fi
}

traced good "$PROGRAMS/ends" exit
good=$(main_snapshot good)
check "damaged snapshots" "$srcdir/tests/e2e/damage.py" "$HEAPLINE" "$good" "$work/damaged"

: >"$work/empty"
echo '{"schema":1}' >"$work/text"
# Nothing that is not a file is replaced, through links neither, and no file is put beside it.
mkdir "$work/links"
ln -s /proc/self/fd/0 "$work/links/stdin"
ln -s /dev/null "$work/links/null"
refused "top --embed: standard input" 2 top --embed "$work/links/stdin"
"$HEAPLINE" top --embed "$work/links/stdin" >"$work/out" 2>"$work/err" < <(cat "$good")
same "top --embed: a pipe: status" $? 2
for force in "" -f; do
    "$HEAPLINE" run $force -q -o "$work/links/null" -- "$PROGRAMS/ends" exit >"$work/out" 2>"$work/err"
    same "run $force -o: a link to a device: status" $? 125
done
HEAPLINE_OUTPUT=$work/links/null HEAPLINE_DIR=$work/links/arenas LD_PRELOAD=$LIBHEAPLINE \
    "$PROGRAMS/ends" exit >"$work/out"
pid=$(jq -r 'select(.truth == "end").pid' "$work/out")
for force in "" -f; do
    HEAPLINE_DIR=$work/links/arenas refused "recover $force -o: a link to a device" 1 \
        recover $force "$pid" -o "$work/links/null"
done
cp "$work"/links/arenas/*.arena "$work/damaged.arena"
printf 'damaged!damaged!' | dd of="$work/damaged.arena" bs=1 seek=64 conv=notrunc 2>/dev/null
refused "recover: a damaged arena" 3 recover "$work/damaged.arena"
matches "recover: a damaged arena is named" "$(cat "$work/err")" '^heapline: .*damaged\.arena: '
HEAPLINE_DIR=$work/links/arenas "$HEAPLINE" recover "$pid" -o "$work/links/kept.snap" >/dev/null
same "and the arena stays until it is written" $? 0
same "links to no file stay, alone" "$(find "$work/links" -maxdepth 1 -name '[ns]*' -printf '%y %l\n' | sort)" \
    $'l /dev/null\nl /proc/self/fd/0'

cp "$good" "$work/links/real.snap"
chmod 600 "$work/links/real.snap"
ln -s real.snap "$work/links/link.snap"
check "top --embed: through a link" "$HEAPLINE" top --embed "$work/links/link.snap"
same "the link stays, and so does who may read the file" \
    "$(stat -c '%F %a' "$work/links/link.snap" "$work/links/real.snap" | sed 's/ 777//')" \
    $'symbolic link\nregular file 600'

ln -s nowhere "$work/links/dangling"
refused "run -o: a link that leads nowhere" 125 run -q -o "$work/links/dangling" -- "$PROGRAMS/ends" exit
refused "run -f -o: a link that leads nowhere" 125 run -f -q -o "$work/links/dangling" -- "$PROGRAMS/ends" exit
same "it is still a link" "$(readlink "$work/links/dangling")" nowhere
refused "run -o: a name that is too long" 125 run -q -o "$work/$(printf '%0300d' 0)" -- "$PROGRAMS/ends" exit
HEAPLINE_LIBRARY=/etc/passwd refused "run: a library that is none" 125 run -- true
HEAPLINE_NFRAME=abc refused "run: a bad number of frames is inherited" 2 run -- true
for variable in HEAPLINE_OUTPUT=%q HEAPLINE_PID=abc; do
    env "$variable" "$HEAPLINE" run -q -o "$work/inherited.snap" -- "$PROGRAMS/ends" exit >/dev/null 2>"$work/err"
    same "run: $variable is none of its affair" "$(cat "$work/err")$(field "$work/inherited.snap" .ended)" "exit 9"
    rm "$work/inherited.snap"
done
long=$(printf 'n%.0s' {1..250})
cp "$PROGRAMS/ends" "$work/$long"
(cd "$work" && "$HEAPLINE" run -q -- "./$long" exit >/dev/null 2>err)
same "run: the name of a program with a long one is cut" "$(cat "$work/err")$(cd "$work" && echo heapline.nnn*)" \
    "$(cd "$work" && echo "heapline.${long:0:200}".*.snap)"

for command in top info; do
    refused "$command: no such file" 3 $command "$work/none.snap"
    refused "$command: an empty file" 3 $command "$work/empty"
    refused "$command: a text file" 3 $command "$work/text"
    refused "$command: a program" 3 $command "$PROGRAMS/ends"
    refused "$command: a directory" 3 $command "$work"
    refused "$command: /dev/null" 3 $command /dev/null
    refused "$command: a file without end" 3 $command <(yes)
    refused "$command: below a file" 3 $command "$good/x"
    refused "$command: nothing" 2 $command
    refused "$command: two" 2 $command "$good" "$good"
done
"$HEAPLINE" top "$good" >&- 2>"$work/err"
same "a closed standard output: status" $? 1
matches "a closed standard output is said" "$(cat "$work/err")" '^heapline: standard output: cannot be written'
refused "diff: a bad second file" 3 diff "$good" "$work/text"
refused "diff: a bad first file" 3 diff "$work/text" "$good"
refused "diff: one file" 2 diff "$good"
refused "diff: three files" 2 diff "$good" "$good" "$good"
refused "a name with control characters" 3 info "$work/"$'no\nsuch\e[1mfile'
if [ "$(id -u)" != 0 ]; then
    cp "$good" "$work/unreadable"
    chmod 0 "$work/unreadable"
    refused "an unreadable file" 3 info "$work/unreadable"
fi

# A file named by digits only is a process id unless a path is given.
cp "$good" "$work/123"
check "a file named by digits, by its path" "$HEAPLINE" info "$work/123"

# Of an earlier process with the same id there may be an arena where they usually lie.
export HEAPLINE_DIR=$arenas
gone_pid=$("$PROGRAMS/ends" exit | jq -r 'select(.truth == "end").pid')
for command in top info snapshot recover; do
    refused "$command: a process that is gone" 5 $command "$gone_pid"
    refused "$command: a process that is not traced" 5 $command $$
    refused "$command: a process id beyond any" 5 $command 4294967295
done
matches "recover: there is nothing" "$("$HEAPLINE" recover "$gone_pid" 2>&1)" "nothing to recover"
unset HEAPLINE_DIR
refused "recover: no such arena" 5 recover "$work/none.arena"
refused "recover: not an arena" 3 recover "$work/text"
refused "recover: a directory" 3 recover "$work"
same "recover: a directory is named" "$(cat "$work/err")" "heapline: $work: not a heapline arena"

# A process of another user, as that user sees ours.
if [ "$(id -u)" = 0 ] && have setpriv && setpriv --reuid=65534 --regid=65534 --clear-groups "$HEAPLINE" --version >/dev/null 2>&1; then
    mkfifo "$work/gate"
    "$HEAPLINE" run -q -o "$work/waiting.snap" -- cat "$work/gate" &
    exec 9>"$work/gate"
    pid=$(pgrep -P $! -x cat)
    other() {
        setpriv --reuid=65534 --regid=65534 --clear-groups "$HEAPLINE" "$@"
    }
    for command in top info snapshot; do
        other $command "$pid" >"$work/out" 2>"$work/err"
        same "$command: another user's process: status" $? 5
        matches "$command: another user's process: one line" "$(cat "$work/err")" '^heapline: [^
]*$'
    done
    exec 9>&-
    wait
else
    skip "another user's process" "needs root, setpriv and a command that others may run"
fi

"$HEAPLINE" >"$work/out" 2>"$work/err"
same "no command: status" $? 2
same "no command: nothing on standard output" "$(cat "$work/out")" ""
refused "an unknown command" 2 tops "$good"
refused "an unknown option" 2 top "$good" --colour
refused "an unknown key" 2 top "$good" --by line
refused "an unknown field" 2 top "$good" --sort size
refused "JSON and CSV at once" 2 top "$good" --json --csv
refused "JSON and CSV at once, diff" 2 diff "$good" "$good" --json --csv
refused "a number that is none" 2 top "$good" -n ten
refused "a negative number" 2 top "$good" -n -1
refused "a number with a tail" 2 top "$good" -n 10x
refused "an option without its argument" 2 top "$good" -n
refused "an empty filter" 2 top "$good" --filter ''
refused "snapshot: a word for a process id" 2 snapshot cat
refused "snapshot: nothing" 2 snapshot
refused "run: nothing to run" 2 run
refused "run: nothing after --" 2 run -q --
refused "run: an unknown letter in -o" 2 run -o 'x.%q' -- true
refused "run: a lone % in -o" 2 run -o 'x.%' -- true
matches "and said to be one" "$(cat "$work/err")" 'lone %'
refused "run: --every 0" 2 run --every 0s -- true
refused "run: --every without a unit it knows" 2 run --every 5y -- true
refused "run: --every with a word" 2 run --every often -- true
refused "run: -n with a word" 2 run -n few -- true
refused "run: --nframe below 0" 2 run --nframe -1 -- true
refused "help: an unknown command" 2 help tops
refused "run: no such directory" 125 run -o "$work/none/x.snap" -- true
refused "run: a file for a directory" 125 run -o "$good/x.snap" -- true
refused "run: no such program" 127 run -q -- "$work/none"
refused "run: no such program in PATH" 127 run -q -- heapline-no-such-program
refused "run: not executable" 126 run -q -- "$work/text"
refused "run: a directory for a program" 126 run -q -- "$work"
finish
