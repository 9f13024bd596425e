api_sources = \
	src/api/filters.c \
	src/api/frame.h \
	src/api/given.c \
	src/api/given.h \
	src/api/pause.h \
	src/api/prune.c \
	src/api/prune.h \
	src/api/rows.c \
	src/api/snapshot.c \
	src/api/snapshot.h \
	src/api/source.c \
	src/api/source.h \
	src/api/source_line.c \
	src/api/source_line.h \
	src/api/symbolize.c \
	src/api/take.c \
	src/api/texts.c \
	src/api/traceback_text.c \
	src/api/traces.c
