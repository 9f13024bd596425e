# What the object runtime costs; see tests/bench/bench_gc.py. Each program is the works below for one
# peer; those that need a library that is not here are left out.
gc_bench = $(srcdir)/tests/bench/gc
gc_bench_works = $(gc_bench)/main.c $(gc_bench)/objects.c $(gc_bench)/containers.c \
	$(gc_bench)/graphs.c $(gc_bench)/cycles.c $(gc_bench)/heap.c $(gc_bench)/queue.c \
	$(gc_bench)/memory.c
gc_bench_sources = $(gc_bench_works) $(gc_bench)/work.h $(gc_bench)/heap.h \
	$(gc_bench)/freelist.c $(gc_bench)/freelist.h $(gc_bench)/peer-bare.h \
	$(gc_bench)/peer-boehm.h $(gc_bench)/peer-counted.c $(gc_bench)/peer-counted.h \
	$(gc_bench)/peer-cpython.c $(gc_bench)/peer-cpython.h $(gc_bench)/peer-heapline.c \
	$(gc_bench)/peer-heapline.h
gc_bench_programs = tests/bench/gc-heapline tests/bench/gc-cpython tests/bench/gc-malloc \
	tests/bench/gc-freelist tests/bench/gc-counted tests/bench/gc-boehm
gc_bench_cc = $(CC) -std=gnu11 -D_GNU_SOURCE= $(bench_flags) -I$(gc_bench) $(gc_bench_works)
gc_bench_rpath = -Wl,-rpath,$(abs_builddir)/tests/bench

tests/bench/libfreelist.so: $(gc_bench_sources)
	@$(MKDIR_P) tests/bench
	$(AM_V_CC)$(CC) -std=gnu11 $(bench_flags) -fPIC -shared -Wl,-soname,libfreelist.so -o $@ $(gc_bench)/freelist.c

tests/bench/gc-heapline: $(gc_bench_sources) libheapline-gc.la
	@$(MKDIR_P) tests/bench
	$(AM_V_CC)$(gc_bench_cc) -DPEER='"peer-heapline.h"' -I$(srcdir)/include \
		$(gc_bench)/peer-heapline.c -o $@ .libs/libheapline-gc.so \
		-Wl,-rpath,$(abs_builddir)/.libs

tests/bench/gc-malloc: $(gc_bench_sources)
	@$(MKDIR_P) tests/bench
	$(AM_V_CC)$(gc_bench_cc) -DPEER='"peer-bare.h"' -fno-builtin -o $@

tests/bench/gc-freelist: $(gc_bench_sources) tests/bench/libfreelist.so
	$(AM_V_CC)$(gc_bench_cc) -DPEER='"peer-bare.h"' -DFREELIST -o $@ \
		tests/bench/libfreelist.so $(gc_bench_rpath)

tests/bench/gc-counted: $(gc_bench_sources) tests/bench/libfreelist.so
	$(AM_V_CC)$(gc_bench_cc) -DPEER='"peer-counted.h"' $(gc_bench)/peer-counted.c -o $@ \
		tests/bench/libfreelist.so $(gc_bench_rpath)

tests/bench/gc-cpython: $(gc_bench_sources)
	@$(MKDIR_P) tests/bench
	$(AM_V_CC)if $(PKG_CONFIG) --exists python-3.11-embed; then \
		$(gc_bench_cc) -DPEER='"peer-cpython.h"' $(gc_bench)/peer-cpython.c -o $@ \
			$$($(PKG_CONFIG) --cflags --libs python-3.11-embed); fi

tests/bench/gc-boehm: $(gc_bench_sources)
	@$(MKDIR_P) tests/bench
	$(AM_V_CC)if $(PKG_CONFIG) --exists bdw-gc; then \
		$(gc_bench_cc) -DPEER='"peer-boehm.h"' -o $@ \
			$$($(PKG_CONFIG) --cflags --libs bdw-gc); fi

.PHONY: bench-gc
bench-gc: libheapline.la tests/bench/measure $(gc_bench_programs)
	@BENCH_BUILD='$(abs_builddir)' $(srcdir)/tests/bench/bench_gc.py --rounds '$(BENCH_ROUNDS)' \
		--only '$(value BENCH_ONLY)' $(BENCH_FLAGS)

CLEANFILES += $(gc_bench_programs) tests/bench/libfreelist.so
EXTRA_DIST += $(gc_bench_sources) tests/bench/bench_gc.py tests/bench/gc_contenders.py \
	tests/bench/gc_report.py tests/bench/gc_rows.py
