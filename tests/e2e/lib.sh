# Harness of the end-to-end tests, sourced by each. Prints TAP.
#
# From the environment, absolute, with defaults for the current directory being the build directory:
#   HEAPLINE the command, LIBHEAPLINE the preload, PROGRAMS the traced programs' directory,
#   srcdir and builddir the trees, HEAPLINE_DIR a directory for the arenas of programs that may leave
#   them behind: the tests find it as $arenas, and the programs only if it is given to them again.
# Every test works below $work, which goes when the script ends. A command that is run keeps what it
# left in a directory of its own: files out, err and status, and its snapshots.
set -u
export LC_ALL=C.UTF-8
: "${builddir:=$PWD}"
: "${srcdir:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${HEAPLINE:=$builddir/heapline}"
: "${LIBHEAPLINE:=$builddir/.libs/libheapline.so}"
: "${PROGRAMS:=$builddir/tests/programs}"
arenas=${HEAPLINE_DIR-}
unset LD_PRELOAD "${!HEAPLINE_@}"
ulimit -c 0
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- # what make may have open: programs are to get 3, 4, 5

work=$(mktemp -d "${TMPDIR:-/tmp}/heapline-test.XXXXXX")
arenas=${arenas:-$work/arenas}
export HEAPLINE_CACHE=$work/.known-symbols
at_end=()
# shellcheck disable=SC2154 # action is the loop's
trap 'for action in "${at_end[@]}"; do eval "$action"; done; rm -rf "$work"' EXIT
trap 'exit 1' INT TERM
tests=0

ok() { # TEXT
    echo "ok $((++tests)) - $1"
}

not_ok() { # TEXT [EXPLANATION...]
    echo "not ok $((++tests)) - $1"
    shift
    [ $# -eq 0 ] || printf '%s\n' "$@" | sed 's/^/# /'
}

skip() { # TEXT REASON
    echo "ok $((++tests)) - $1 # SKIP $2"
}

finish() {
    echo "1..$tests"
}

check() { # TEXT COMMAND...: passes if the command does; else its output explains
    local text=$1 said
    shift
    if said=$("$@" 2>&1); then
        ok "$text"
    else
        not_ok "$text" "failed: $*" "$said"
    fi
}

same() { # TEXT GOT EXPECTED
    if [ "$2" = "$3" ]; then
        ok "$1"
    else
        not_ok "$1" "got:      $2" "expected: $3"
    fi
}

matches() { # TEXT GOT REGEX
    if [[ $2 =~ $3 ]]; then
        ok "$1"
    else
        not_ok "$1" "got:              $2" "expected to match: $3"
    fi
}

# Runs a command in $work/NAME, which it leaves with out, err and status. Standard output is a pipe,
# so that a limit on file sizes does not concern it. `patience`: how many seconds it may take.
capture() { # NAME COMMAND...
    local directory=$work/$1
    shift
    mkdir -p "$directory"
    {
        (
            cd "$directory" || exit
            timeout --foreground -k 5 "${patience:-40}" "$@" 2>err
            echo $? >status
        ) | cat >"$directory/out"
    } 2>/dev/null
}

traced() { # NAME COMMAND...: the same under heapline run -q
    local name=$1
    shift
    capture "$name" "$HEAPLINE" run -q -- "$@"
}

status_of() { # NAME
    cat "$work/$1/status"
}

# What a program printed, but for its account, which differs where threads race.
own_output() { # NAME
    grep -v '^{"truth":' "$work/$1/out"
}

differences() { # NAME OTHER: nothing, and success, if output and exit status are the same
    local failed=0
    diff <(own_output "$1") <(own_output "$2") || failed=1
    diff "$work/$1/err" "$work/$2/err" || failed=1
    diff "$work/$1/status" "$work/$2/status" || failed=1
    return $failed
}

snapshots() { # NAME: the snapshots that a traced command left
    find "$work/$1" -maxdepth 1 -name 'heapline.*.snap*' | sort
}

main_snapshot() { # NAME: that of the last image, where there is one process only
    snapshots "$1" | grep -v '\.exec[0-9]*\.snap' | head -n 1
}

field() { # SNAPSHOT JQ-EXPRESSION: of info
    "$HEAPLINE" info "$1" --json | jq -r "$2"
}

truth() { # MODE NAME: the account printed by NAME's program equals its snapshots
    local name=$2 files
    mapfile -t files < <(snapshots "$name")
    "$srcdir/tests/e2e/truth.py" "--$1" "$HEAPLINE" "$work/$name/out" "${files[@]}"
}

sums() { # NAME [KEYS]: the rows of every key add up to the totals in each snapshot
    local files keys=${2:-lineno,function,filename,module,traceback,domain,type,type-lineno}
    mapfile -t files < <(snapshots "$1")
    [ ${#files[@]} -gt 0 ] || { echo "no snapshot"; return 1; }
    "$srcdir/tests/e2e/truth.py" "--sums=$keys" "$HEAPLINE" "${files[@]}"
}

# The two assertions that nearly every fault asks for. MODE is rows, module or totals, as truth.py
# explains them, or none to leave the account unread. A program that cannot set its scene exits with 77.
faithful() { # TITLE MODE COMMAND...
    local title=$1 mode=$2 name
    shift 2
    name=${title//[^A-Za-z0-9_]/-}
    capture "$name.bare" "$@"
    if [ "$(status_of "$name.bare")" = 77 ]; then
        skip "$title" "the program cannot do this here: $(head -c 200 "$work/$name.bare/err")"
        return
    fi
    traced "$name" "$@"
    check "$title: behaves as without us" differences "$name.bare" "$name"
    [ "$mode" = none ] || check "$title: the record is the program's own" truth "$mode" "$name"
}

have() { # TOOL
    command -v "$1" >/dev/null
}

can_be_apart() {
    [ "$(id -u)" = 0 ] && unshare -m mount -t tmpfs none /mnt 2>/dev/null
}

# In a mount namespace of its own; SCRIPT runs there with the harness' functions.
apart() { # NAME SCRIPT
    mkdir -p "$work/$1"
    declare -f >"$work/$1/functions"
    env HEAPLINE="$HEAPLINE" LIBHEAPLINE="$LIBHEAPLINE" PROGRAMS="$PROGRAMS" srcdir="$srcdir" work="$work" \
        unshare -m bash -c ". '$work/$1/functions'; mount --make-rprivate /; $2"
}

library_path() { # SONAME: nothing where it is not installed; /sbin may be in no PATH but root's
    PATH=$PATH:/sbin ldconfig -p | awk -v name="$1" '$1 == name && /x86-64/ { print $NF; exit }'
}

# Waits, at most about 20 seconds, until a command succeeds.
await() { # COMMAND...
    local turn
    for ((turn = 0; turn < 400; turn++)); do
        "$@" && return 0
        sleep 0.05
    done
    return 1
}

machine_of() { # FILE
    LC_ALL=C readelf -h "$1" | sed -n 's/^ *Machine: *//p'
}

# The machine's own programs cannot be traced then, and not every system call does what it says.
emulated() {
    [ "$(machine_of "$LIBHEAPLINE")" != "$(machine_of "$BASH")" ]
}

gone() { # PID
    ! kill -0 "$1" 2>/dev/null
}

cd "$work" || exit
[ -x "$HEAPLINE" ] || { echo "1..0 # SKIP no heapline at $HEAPLINE"; exit 0; }
