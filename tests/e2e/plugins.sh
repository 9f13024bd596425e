#!/usr/bin/env bash
# C++ plug-ins in programs of C and of C++, and libraries beside us that stand in front of the C
# library, too. Each is built here; it must behave as without us, and its blocks be counted once.
. "$(dirname "$0")/lib.sh"

if ! have gcc || ! have g++; then
    echo "1..0 # SKIP needs gcc and g++"
    exit 0
fi
cd "$work" || exit

# A program that calls what the plug-in is for. With an argument that is global, or another C++
# library comes first.
cat >host.c <<'C'
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
int main(int argc, char **argv) {
    int is_global = argc > 2 && !strcmp(argv[2], "global");
    if (argc > 2 && !is_global)
        dlopen(argv[2], RTLD_NOW);
    void *plugin = dlopen(argv[1], RTLD_NOW | (is_global ? RTLD_GLOBAL : 0));
    if (!plugin)
        return puts(dlerror()), 1;
    (void)dlsym(plugin, "what_is_not_there");
    ((void (*)(void))dlsym(plugin, "work"))();
    const char *said = dlerror();
    puts(said && strstr(said, "what_is_not_there") ? "the loader's words are there" : "the loader's words are lost");
    return 0;
}
C
gcc host.c -o host-c
g++ -x c++ -fpermissive -w host.c -o host-cxx -Wl,--no-as-needed -lstdc++

plugin() { # NAME [OPTION...]: from standard input
    local name=$1
    shift
    g++ -g -O2 -fPIC -shared -x c++ - -o "$work/$name.so" "$@" || not_ok "$name: built"
}

# A pool of threads that waits in its constructor until they are ready; the loader's lock is held.
plugin pool -pthread <<'C'
#include <pthread.h>
#include <cstdio>
static void *begin(void *) {
    int *volatile p = new int(1);
    delete p;
    return nullptr;
}
static struct pool {
    pool() {
        pthread_t thread;
        pthread_create(&thread, nullptr, begin, nullptr);
        pthread_join(thread, nullptr);
    }
} the_pool;
extern "C" void work() { puts("at work"); }
C

# Operators of its own, with words of theirs in front of each block; one call is the last thing that
# a function does.
plugin headers <<'C'
#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
static int made, gone;
void *operator new(size_t size) {
    char *p = static_cast<char *>(malloc(size + 16));
    if (!p)
        throw std::bad_alloc();
    made++;
    return p + 16;
}
void operator delete(void *p) noexcept {
    gone += p != nullptr;
    free(p ? static_cast<char *>(p) - 16 : nullptr);
}
void operator delete(void *p, size_t) noexcept { operator delete(p); }
extern "C" __attribute__((noinline)) void drop(int *p) { delete p; }
extern "C" void work() {
    {
        std::string s("a text that is too long for the short form");
        s += s;
    }
    for (int i = 0; i < 100; i++)
        drop(new int(i));
    printf("made %d, gone %d\n", made, gone);
}
C

# What is thrown where there is no memory, by a runtime of its own or another's.
cat >throws.cc <<'C'
#include <cstdio>
#include <new>
static int asked;
static void give_up() {
    asked++;
    std::set_new_handler(nullptr);
}
template <class make> static void attempt(const char *what, make &&f) {
    std::set_new_handler(give_up);
    try {
        printf("%s: %p\n", what, static_cast<void *>(f()));
    } catch (std::bad_alloc &) {
        printf("%s: bad_alloc\n", what);
    }
}
extern "C" void work() {
    volatile size_t huge = size_t(1) << 62;
    attempt("new", [&] { return ::operator new(huge); });
    attempt("new[]", [&] { return new char[huge]; });
    attempt("new nothrow", [&] { return ::operator new(huge, std::nothrow); });
    attempt("new[] nothrow", [&] { return new (std::nothrow) char[huge]; });
    attempt("aligned new", [&] { return ::operator new(huge, std::align_val_t(64)); });
    printf("the handler was asked %d times\n", asked);
}
C
plugin throws-shared -std=c++17 <throws.cc
plugin throws-static -std=c++17 -static-libstdc++ -static-libgcc <throws.cc

for host in host-c host-cxx; do
    for plugin in pool headers throws-shared throws-static; do
        for how in "" global "$work/throws-shared.so"; do
            # That mixes operators by itself: libstdc++ has those of the first that needs it.
            [ "$host, $plugin, $how" != "host-c, headers, $work/throws-shared.so" ] || continue
            # shellcheck disable=SC2086
            patience=20 faithful "$host, $plugin${how:+, ${how##*/}}" none "$work/$host" "$work/$plugin.so" $how
        done
    done
done

# Forked children of a program that loads plug-ins meanwhile.
cat >forks.c <<'C'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
static int is_over;
static void *load_and_unload(void *name) {
    while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED))
        dlclose(dlopen(name, RTLD_NOW));
    return 0;
}
int main(int argc, char **argv) {
    void (*work)(void) = (void (*)(void))dlsym(dlopen(argv[1], RTLD_NOW), "work");
    pthread_t thread;
    int bad = 0, status;
    (void)argc;
    pthread_create(&thread, NULL, load_and_unload, argv[2]);
    for (int i = 0; i < 200; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(10);
            work();
            _exit(0);
        }
        bad += waitpid(child, &status, 0) != child || status != 0;
    }
    __atomic_store_n(&is_over, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    printf("%d children ended badly\n", bad);
    return 0;
}
C
gcc forks.c -o forks -pthread
plugin quiet <<'C'
extern "C" void work() {
    int *volatile p = new int(1);
    delete p;
}
C
cp quiet.so other.so
faithful "children of a program that loads plug-ins" none "$work/forks" "$work/quiet.so" "$work/other.so"

# A library with operators whose blocks begin behind those of malloc: one block each.
plugin cuts <<'C'
#include <cstdlib>
#include <new>
void *operator new(size_t size) { return static_cast<char *>(malloc(size + 16)) + 16; }
void operator delete(void *p) noexcept { free(static_cast<char *>(p) - 16); }
void operator delete(void *p, size_t) noexcept { operator delete(p); }
C
g++ -g -O1 -x c++ - -x none -o cutter cuts.so -Wl,-rpath,"$work" <<'C'
int main() {
    int *kept[1000];
    for (int i = 0; i < 1000; i++)
        kept[i] = new int(i);
    for (int i = 0; i < 500; i++)
        delete kept[i];
    return kept[999][0] != 999;
}
C
traced cutting "$work/cutter"
same "a library's operators over malloc: status" "$(status_of cutting)" 0
same "a library's operators over malloc: each block counts once" \
    "$("$HEAPLINE" top "$(main_snapshot cutting)" --sort total --json | jq -c '[.rows[] | select(.total.count == 1000) | .current.count, .current.bytes, .total.bytes]')" \
    "[500,10000,20000]"
same "a library's operators over malloc: nothing is foreign" "$(field "$(main_snapshot cutting)" '.not_seen | [.[] | numbers] | add')" 0

# Libraries that stand in front of the C library's functions and ask the loader for them late.
gcc -fPIC -shared -x c - -o lazy-free.so <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
void free(void *p) {
    static void (*real)(void *);
    if (!real)
        real = (void (*)(void *))dlsym(RTLD_NEXT, "free");
    real(p);
}
C
# As torsocks does: close begins under a lock, and that allocates.
gcc -fPIC -shared -x c - -o late-close.so -pthread <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int (*real)(int);
static void begin(void) {
    real = (int (*)(int))dlsym(RTLD_NEXT, "close");
    free(malloc(10));
}
int close(int fd) {
    pthread_once(&once, begin);
    return real(fd);
}
__attribute__((constructor)) static void load(void) { pthread_once(&once, begin); }
C
for library in lazy-free late-close; do
    for order in "$work/$library.so:$LIBHEAPLINE" "$LIBHEAPLINE:$work/$library.so"; do
        patience=20 capture beside env HEAPLINE_OUTPUT="$work/beside.snap" LD_PRELOAD="$order" true
        same "$library, ${order##*/} being last: status" "$(status_of beside)" 0
        rm -f "$work/beside.snap"
    done
    LD_PRELOAD=$work/$library.so patience=20 capture under "$HEAPLINE" run -q -f -o "$work/under.snap" -- true
    same "$library under run: status" "$(status_of under)" 0
done

# Calls that we stand in front of go on to another library's.
gcc -fPIC -shared -x c - -o refuses.so <<'C'
#include <stdio.h>
#define REFUSE(name) int name(void) { return puts("refused: " #name), -1; }
REFUSE(syscall)
REFUSE(prctl)
REFUSE(setrlimit)
REFUSE(prlimit)
C
gcc -x c - -o asks <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    const struct rlimit *volatile nowhere = (const struct rlimit *)8;
    printf("%d ", syscall(SYS_getppid) == getppid());
    printf("%d ", prctl(PR_GET_DUMPABLE));
    printf("%d ", setrlimit(RLIMIT_CORE, &limit) == 0);
    printf("%d ", prlimit(0, RLIMIT_CORE, NULL, &limit) == 0);
    errno = 0;
    printf("%d ", setrlimit(RLIMIT_AS, nowhere));
    printf("%d\n", errno == EFAULT);
    return 0;
}
C
capture refused env LD_PRELOAD="$work/refuses.so" "$work/asks"
matches "a library that refuses is asked" "$(own_output refused)" 'refused: syscall.*refused: prlimit'
for order in "$work/refuses.so:$LIBHEAPLINE" "$LIBHEAPLINE:$work/refuses.so"; do
    capture refused-too env LD_PRELOAD="$order" "$work/asks"
    check "the same with us, ${order##*/} being last" differences refused refused-too
done
faithful "requests to the kernel" none "$work/asks"
finish
