#!/usr/bin/env bash
# The total of a run equals valgrind memcheck's "total heap usage" to the allocation and the byte,
# in equal environments: perl copies its own, so the variables that valgrind adds are given to us
# too, and our preload's path is padded to the length of valgrind's. Programs are left out that ask
# for what no environment makes equal: the size of a signal stack (vim, clang: valgrind tells of no
# AT_MINSIGSTKSZ), numbers made of addresses (python3 with PYTHONMALLOC=malloc: a thread's takes 4
# bytes less), tables by address (cc1's pages, clang), or the order of threads (node).
. "$(dirname "$0")/lib.sh"

if ! have valgrind; then
    echo "1..0 # SKIP no valgrind"
    exit
fi

padded() { # PATH LENGTH: the same file by a longer name
    local path=$1
    while [ $((${#path} + 2)) -le "$2" ]; do
        path=/.$path
    done
    [ ${#path} -eq "$2" ] || path=/$path
    echo "$path"
}

# A program without its debug information: valgrind 3.19 gives up at clang's DWARF 5.
bare() { # NAME
    objcopy --strip-debug "$PROGRAMS/$1" "$work/$1" && echo "$work/$1"
}

equal() { # TITLE COMMAND...
    local title=$1 directory=$work/${1//[^A-Za-z0-9_]/-} length theirs expected got
    shift
    mkdir -p "$directory"
    local common=(PATH="$PATH" HOME=/tmp PERL_HASH_SEED=0 LC_ALL=C HEAPLINE_OUTPUT="$directory/x.snap")
    mapfile -t theirs < <(env -i "${common[@]}" valgrind -q /usr/bin/env)
    length=$(printf '%s\n' "${theirs[@]}" | sed -n 's/^LD_PRELOAD=//p' | tr -d '\n' | wc -c)
    env -i "${common[@]}" valgrind --leak-check=no --child-silent-after-fork=yes \
        --log-file="$directory/valgrind" "$@" >"$directory/valgrind.out"
    env -i "${theirs[@]}" LD_PRELOAD="$(padded "$LIBHEAPLINE" "$length")" \
        "$@" >"$directory/out" 2>"$directory/err"
    same "$title: nothing on standard error" "$(cat "$directory/err")" ""
    same "$title: output is the same" "$(grep -v '^{"truth"' "$directory/out")" \
        "$(grep -v '^{"truth"' "$directory/valgrind.out")"
    expected=$(sed -n 's/.*total heap usage: \([0-9,]*\) allocs.* \([0-9,]*\) bytes allocated/\1 \2/p' \
        "$directory/valgrind" | tr -d ,)
    got=$(field "$directory/x.snap" '"\(.total.count) \(.total.bytes)"')
    same "$title: total allocations and bytes are valgrind's" "$got" "$expected"
}

cat >"$work/words.pl" <<'PL'
my %seen;
$seen{ $_ * 7919 % 1009 } .= "x$_" for 1 .. 3000;
print join(" ", map { length $seen{$_} } sort { $a <=> $b } keys %seen), "\n";
PL

equal "recursion" "$(bare truth-recursion)"
equal "calloc" "$(bare truth-calloc)"
equal "containers" "$(bare truth-containers)"
if have sqlite3; then
    equal "sqlite3" sqlite3 :memory: "create table t(a, b); with recursive n(i) as (select 1 union all
        select i + 1 from n where i < 2000) insert into t select i, 'text ' || i from n; select count(*), sum(length(b)) from t;"
fi
if have perl; then
    equal "perl" perl "$work/words.pl"
fi
if have bash; then
    equal "bash" bash -c 'declare -A a; for i in {1..300}; do a[$((i % 37))]+=$i; done; echo "${a[@]}"'
fi
if have jq; then
    equal "jq" jq -n '[range(500) | {a: ., b: "x\(.)"}] | group_by(.a % 7) | map(length)'
fi
if have lua5.4; then
    equal "lua" lua5.4 -e 'local t = {} for i = 1, 2000 do t[#t + 1] = ("item %d"):format(i) end print(#table.concat(t))'
fi
if have git; then
    git init -q "$work/repository"
    for i in 1 2 3; do
        seq $((i * 100)) >"$work/repository/file"
        git -C "$work/repository" add file
        git -C "$work/repository" -c user.name=a -c user.email=b commit -q -m "commit $i"
    done
    equal "git log" git -C "$work/repository" log --stat -p
fi
finish
