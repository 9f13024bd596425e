tracer_sources = \
    src/tracer/blockmap.c \
    src/tracer/blockmap.h \
    src/tracer/lock.c \
    src/tracer/lock.h \
    src/tracer/store.c \
    src/tracer/store.h \
    src/tracer/thread.c \
    src/tracer/thread.h \
    src/tracer/usage.h
