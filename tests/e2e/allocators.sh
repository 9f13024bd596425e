#!/usr/bin/env bash
# Other allocators, preloaded, linked or loaded later, stay the allocator and are traced in full:
# their operator new, and the functions that have names of their own, do not pass through malloc.
. "$(dirname "$0")/lib.sh"

none_missed() { # TITLE NAME
    same "$1: no block is missed or foreign" \
        "$(field "$(main_snapshot "$2")" '[.not_seen.foreign_frees, .not_seen.missed_frees] | add')" 0
}

# The blocks that a run of PROGRAM with 1000 makes, and those that it leaves, beyond one with 0.
made() { # TITLE PROGRAM TOTAL CURRENT
    local name=${1//[^A-Za-z0-9_]/-}
    traced "$name.never" "$2" 0
    traced "$name.often" "$2" 1000
    same "$1" "$(for count in total current; do
        echo $(($(field "$(main_snapshot "$name.often")" .$count.count) - \
            $(field "$(main_snapshot "$name.never")" .$count.count)))
    done | tr '\n' ' ')" "$3 $4 "
    none_missed "$1" "$name.often"
}

preloaded() { # TITLE LIBRARY PROGRAM
    local title=$1 library=$2 program=$3 name=${1//[^A-Za-z0-9_]/-}
    capture "$name.bare" env LD_PRELOAD="$library" "$program"
    capture "$name" env LD_PRELOAD="$library" "$HEAPLINE" run -q -- "$program"
    check "$title: behaves as without us" differences "$name.bare" "$name"
    check "$title: the record is the program's own" truth rows "$name"
    check "$title: rows of every key add up to the totals" sums "$name"
    matches "$title: it is still there" "$(field "$(main_snapshot "$name")" '.modules[].path')" \
        "$(basename "$library")"
    none_missed "$title" "$name"
}

# Builds from a source, its account and the library, which lies where no -l finds it; a plug-in
# where the arguments say -shared.
build() { # OUTPUT SOURCE LIBRARY [ARG...]
    local output=$1 source=$srcdir/tests/programs/$2 library=$3 compiler=(gcc)
    shift 3
    [[ $source = *.c ]] || compiler=(g++ -std=gnu++17)
    "${compiler[@]}" -D_GNU_SOURCE= -g -O2 -fno-builtin "$@" "$source" \
        -x c "$srcdir/tests/programs/truth.c" -x none -Wl,--no-as-needed "$library" \
        -o "$output" 2>"$work/build"
}

linked() { # TITLE SOURCE LIBRARY [ARG...]
    local title=$1 program=$work/${1//[^A-Za-z0-9_]/-}.program
    shift
    if build "$program" "$@"; then
        faithful "$title" rows "$program"
        none_missed "$title" "${title//[^A-Za-z0-9_]/-}"
    else
        skip "$title" "cannot be built: $(head -n 1 "$work/build")"
    fi
}

# The plug-in's library has more thread-local data than the loader keeps room for by default.
plugin() { # TITLE SOURCE LIBRARY [ARG...]
    local title=$1 plugin=$work/${1//[^A-Za-z0-9_]/-}.so
    shift
    if build "$plugin" "$@" -DPLUGIN -shared -fPIC; then
        faithful "$title" rows env GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384 \
            "$PROGRAMS/runs-plugin" "$plugin"
        none_missed "$title" "${title//[^A-Za-z0-9_]/-}"
    else
        skip "$title" "cannot be built: $(head -n 1 "$work/build")"
    fi
}

# Lazily bound, bound at load time with all its words read-only, and two other ways to call.
own_names() { # ALLOCATOR SOURCE LIBRARY
    local name=$1 source=$2 library=$3 program=$PROGRAMS/${2%.*}
    [ -x "$program" ] || return
    preloaded "$name's own names, preloaded" "$library" "$program"
    linked "$name's own names, linked" "$source" "$library" -Wl,-z,lazy
    linked "$name's own names, bound at load" "$source" "$library" -Wl,-z,now,-z,relro
    linked "$name's own names, not by stubs" "$source" "$library" -fno-plt
    linked "$name's own names, at a fixed address" "$source" "$library" -fno-pie -no-pie
    faithful "without $name" none "$program"
    matches "without $name: its names stay undefined" "$(own_output "without-$name")" "^no $name"
}

for allocator in jemalloc:libjemalloc.so.2:native-jemalloc.c \
    tcmalloc:libtcmalloc_minimal.so.4:native-tcmalloc.cc \
    mimalloc:libmimalloc.so.2:native-mimalloc.c; do
    IFS=: read -r name soname source <<<"$allocator"
    path=$(library_path "$soname")
    if [ -z "$path" ]; then
        skip "$name" "not installed"
        continue
    fi
    if [ -x "$PROGRAMS/counted-news" ]; then
        preloaded "$name preloaded" "$path" "$PROGRAMS/counted-news"
        linked "$name linked" counted-news.cc "$path"
    else
        skip "$name: operator new" "not built (no C++ compiler)"
    fi
    own_names "$name" "$source" "$path"
    [[ $source = *.c ]] || continue
    plugin "$name's own names in a plug-in" "$source" "$path"
    plugin "$name's own names in a plug-in bound at load" "$source" "$path" -Wl,-z,now
done
# An allocator whose own functions go on to malloc: one call is one allocation.
cat >"$work/forwarding.c" <<'C'
#include <stdlib.h>
int mi_version(void) { return 0; }
void *mi_malloc(size_t size) { char *block = malloc(size); if (block) *block = 1; return block; }
void mi_free(void *block) { *(char *)block = 0; free(block); }
C
cat >"$work/forwarded.c" <<'C'
#include <stdlib.h>
void *mi_malloc(size_t size);
void mi_free(void *block);
int main(int argc, char **argv)
{
    for (int i = atoi(argv[argc - 1]); i > 0; i--)
        mi_free(mi_malloc(100));
    return 0;
}
C
if gcc -shared -fPIC "$work/forwarding.c" -o "$work/libforwarding.so" 2>"$work/build" &&
    gcc "$work/forwarded.c" "$work/libforwarding.so" -Wl,-rpath,"$work" -o "$work/forwarded" 2>"$work/build"; then
    made "an allocator in front of malloc: counted once" "$work/forwarded" 1000 0
else
    skip "an allocator in front of malloc" "cannot be built: $(head -n 1 "$work/build")"
fi

# An allocator whose functions call each other by their public names.
cat >"$work/plain.c" <<'C'
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
static char *at;
static size_t left;
static int map(size_t size)
{
    at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    left = at == MAP_FAILED ? 0 : size;
    return left != 0;
}
void *malloc(size_t size)
{
    size_t room = (size + 31) / 16 * 16, *block;
    if (size >> 40 || (room > left && !map(room < 1 << 20 ? 1 << 20 : room))) {
        errno = ENOMEM;
        return NULL;
    }
    block = (size_t *)at;
    block[1] = size;
    at += room;
    left -= room;
    return block + 2;
}
void free(void *block) { (void)block; }
void *calloc(size_t count, size_t size) { return malloc(__builtin_mul_overflow(count, size, &size) ? ~(size_t)0 : size); }
void *realloc(void *old, size_t size)
{
    size_t *block = size || !old ? malloc(size) : NULL;
    if (block && old)
        memcpy(block, old, ((size_t *)old)[-1] < size ? ((size_t *)old)[-1] : size);
    if (block || !size)
        free(old);
    return block;
}
void *memalign(size_t alignment, size_t size) { return (void *)(((size_t)malloc(size + alignment) + alignment) & -alignment); }
void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }
int posix_memalign(void **block, size_t alignment, size_t size) { return (*block = memalign(alignment, size)) ? 0 : ENOMEM; }
C
for way in -Wl,-z,lazy -Wl,-z,now,-z,relro -fno-plt -Wl,--hash-style=sysv; do
    title="an allocator that calls itself by name, ${way##*,}"
    if gcc -O1 -fno-builtin -shared -fPIC "$way" "$work/plain.c" -o "$work/libplain$way.so" 2>"$work/build"; then
        for program in truth-calloc truth-realloc truth-operators; do
            [ ! -x "$PROGRAMS/$program" ] || preloaded "$title: $program" "$work/libplain$way.so" "$PROGRAMS/$program"
        done
    else
        skip "$title" "cannot be built: $(head -n 1 "$work/build")"
    fi
done

# A library that is more than the allocator in it: its own blocks count.
cat - "$work/plain.c" >"$work/busy.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
C
cat >>"$work/busy.c" <<'C'
char *copy(const char *text) { return strcpy(malloc(strlen(text) + 1), text); }
void drop(char *text) { free(text); }
C
# One with a part of malloc's functions, that takes the others from behind it.
cat >"$work/part.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
void *malloc(size_t size)
{
    void *(*next)(size_t, size_t);
    *(void **)&next = dlsym(RTLD_NEXT, "calloc");
    return next(1, size);
}
char *copy(const char *text) { return strcpy(malloc(strlen(text) + 1), text); }
void drop(char *text) { free(text); }
C
cat >"$work/copies.c" <<'C'
#include <stdlib.h>
char *copy(const char *text);
void drop(char *text);
int main(int argc, char **argv)
{
    for (int i = atoi(argv[argc - 1]); i > 0; i--) {
        char *kept = copy("kept"), *dropped = malloc(20);
        if (i % 2)
            free(kept);
        drop(dropped);
    }
    return 0;
}
C
for library in busy part; do
    if gcc -O1 -fno-builtin -shared -fPIC "$work/$library.c" -o "$work/lib$library.so" 2>"$work/build" &&
        gcc -fno-builtin "$work/copies.c" "$work/lib$library.so" -Wl,-rpath,"$work" -o "$work/$library" 2>"$work/build"; then
        made "an allocator's library with other functions: $library" "$work/$library" 2000 500
    else
        skip "an allocator's library with other functions: $library" "cannot be built: $(head -n 1 "$work/build")"
    fi
done

[ ! -x "$PROGRAMS/counted-news" ] || faithful "glibc" rows "$PROGRAMS/counted-news"
finish
