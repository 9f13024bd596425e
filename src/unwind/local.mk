unwind_sources = \
    src/unwind/check.h \
    src/unwind/elf.c \
    src/unwind/elf.h \
    src/unwind/memo.c \
    src/unwind/memo.h \
    src/unwind/memo_room.c \
    src/unwind/object.c \
    src/unwind/object.h \
    src/unwind/path.c \
    src/unwind/path.h \
    src/unwind/rule.h \
    src/unwind/rule_cache.c \
    src/unwind/rule_cfi.c \
    src/unwind/unwind.c \
    src/unwind/unwind.h \
    src/unwind/unwind_libunwind.c \
    src/unwind/unwind_libunwind.h \
    src/unwind/unwind_libunwind_calls.c
if CHECK_UNWIND
unwind_sources += src/unwind/check_on.c
else
unwind_sources += src/unwind/check_off.c
endif
