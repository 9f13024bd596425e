tracer_sources = \
    src/tracer/api.c \
    src/tracer/blockmap.c \
    src/tracer/blockmap.h \
    src/tracer/counters.c \
    src/tracer/counters.h \
    src/tracer/event.c \
    src/tracer/event.h \
    src/tracer/final.c \
    src/tracer/final.h \
    src/tracer/identity.c \
    src/tracer/identity.h \
    src/tracer/lock.c \
    src/tracer/lock.h \
    src/tracer/modules.c \
    src/tracer/modules.h \
    src/tracer/session.c \
    src/tracer/session.h \
    src/tracer/settings.c \
    src/tracer/settings.h \
    src/tracer/store.c \
    src/tracer/store.h \
    src/tracer/thread.c \
    src/tracer/thread.h \
    src/tracer/tree.c \
    src/tracer/tree.h \
    src/tracer/usage.h
