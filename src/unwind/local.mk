unwind_sources = \
    src/unwind/path.c \
    src/unwind/path.h \
    src/unwind/rule.h \
    src/unwind/rule_cache.c \
    src/unwind/rule_cfi.c \
    src/unwind/unwind.c \
    src/unwind/unwind.h \
    src/unwind/unwind_libunwind.c
