preload_sources = \
    src/preload/early.c \
    src/preload/early.h \
    src/preload/hook.h \
    src/preload/hooks.c \
    src/preload/hooks_cxx.c \
    src/preload/hooks_exec.c \
    src/preload/hooks_limits.c \
    src/preload/hooks_seccomp.c \
    src/preload/native.c \
    src/preload/native.h \
    src/preload/native_hooks.h \
    src/preload/native_jemalloc.c \
    src/preload/native_libc.c \
    src/preload/native_library.c \
    src/preload/native_mimalloc.c \
    src/preload/native_record.c \
    src/preload/native_tcmalloc.c \
    src/preload/operators.c \
    src/preload/operators.h \
    src/preload/real.c \
    src/preload/real.h \
    src/preload/start.c \
    src/preload/target.c \
    src/preload/target.h
