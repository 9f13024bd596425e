snapshot_sources = \
	src/snapshot/arena_file.c \
	src/snapshot/arena_file.h \
	src/snapshot/arena_find.c \
	src/snapshot/arena_layout.c \
	src/snapshot/arena_layout.h \
	src/snapshot/arena_read.c \
	src/snapshot/decode.c \
	src/snapshot/encode.c \
	src/snapshot/envelope.c \
	src/snapshot/format.c \
	src/snapshot/format.h \
	src/snapshot/image.c \
	src/snapshot/image.h \
	src/snapshot/index_set.c \
	src/snapshot/index_set.h \
	src/snapshot/limit.c \
	src/snapshot/lender.c \
	src/snapshot/lender.h \
	src/snapshot/limit.h \
	src/snapshot/notes.c \
	src/snapshot/notes.h \
	src/snapshot/output_name.c \
	src/snapshot/output_name.h \
	src/snapshot/process.c \
	src/snapshot/process.h \
	src/snapshot/reader.c \
	src/snapshot/reader.h
