# In builds with ThreadSanitizer only.
watched_sources =
if THREAD_SANITIZER
watched_sources += src/base/sys_watched.c
endif

base_sources = $(watched_sources) \
	src/base/absolute.c \
	src/base/absolute.h \
	src/base/arena.h \
	src/base/build_id.c \
	src/base/build_id.h \
	src/base/buffer.c \
	src/base/buffer.h \
	src/base/crc.c \
	src/base/crc.h \
	src/base/directory.c \
	src/base/directory.h \
	src/base/error.c \
	src/base/error.h \
	src/base/hash.h \
	src/base/huge.h \
	src/base/io.c \
	src/base/io.h \
	src/base/pool.c \
	src/base/pool.h \
	src/base/private_api.h \
	src/base/publish.c \
	src/base/sanitizer.c \
	src/base/sanitizer.h \
	src/base/sys.h \
	src/base/text.c \
	src/base/text.h
