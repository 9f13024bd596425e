preload_sources = \
    src/preload/hook.h \
    src/preload/hooks.c \
    src/preload/hooks_cxx.c \
    src/preload/real.c \
    src/preload/real.h \
    src/preload/start.c
