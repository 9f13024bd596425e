# What tracing costs; see tests/bench/bench.py. The programs are always optimised and without frame
# pointers, whatever configure was told.
BENCH_ROUNDS = 5
BENCH_ONLY =
BENCH_FLAGS =
bench_flags = -O2 -g -fomit-frame-pointer -Wall -Wextra
bench_programs = tests/bench/measure tests/bench/micro tests/bench/catalogue tests/bench/grouping \
	tests/bench/libfloor.so

tests/bench/measure: tests/bench/measure.c
	@$(MKDIR_P) tests/bench
	$(AM_V_CC)$(CC) -std=gnu11 -D_GNU_SOURCE= $(bench_flags) -o $@ $(srcdir)/tests/bench/measure.c

tests/bench/micro: tests/bench/micro.c tests/bench/micro-threads.c tests/bench/micro.h
	@$(MKDIR_P) tests/bench
	$(AM_V_CC)$(CC) -std=gnu11 -D_GNU_SOURCE= $(bench_flags) -pthread -o $@ \
		$(srcdir)/tests/bench/micro.c $(srcdir)/tests/bench/micro-threads.c

tests/bench/libfloor.so: tests/bench/floor.c
	@$(MKDIR_P) tests/bench
	$(AM_V_CC)$(CC) -std=gnu11 -D_GNU_SOURCE= $(bench_flags) -fPIC -shared -o $@ \
		$(srcdir)/tests/bench/floor.c

tests/bench/catalogue: tests/bench/catalogue.cc
	@$(MKDIR_P) tests/bench
	$(AM_V_CXX)$(CXX) -std=gnu++17 $(bench_flags) -o $@ $(srcdir)/tests/bench/catalogue.cc

tests/bench/grouping: tests/bench/grouping.c libheapline-snapshot.la
	@$(MKDIR_P) tests/bench
	$(AM_V_CC)$(CC) -std=gnu11 -D_GNU_SOURCE= $(bench_flags) -I$(srcdir)/include -o $@ \
		$(srcdir)/tests/bench/grouping.c .libs/libheapline-snapshot.so \
		-Wl,-rpath,$(abs_builddir)/.libs

.PHONY: bench
bench: heapline libheapline.la $(bench_programs)
	@BENCH_BUILD='$(abs_builddir)' $(srcdir)/tests/bench/bench.py --rounds '$(BENCH_ROUNDS)' \
		--only '$(value BENCH_ONLY)' $(BENCH_FLAGS)

CLEANFILES += $(bench_programs)
EXTRA_DIST += tests/bench/bench.py tests/bench/contenders.py tests/bench/floor.c tests/bench/grouping.c \
	tests/bench/grouping.py tests/bench/grouping_cpython.py tests/bench/measuring.py \
	tests/bench/report.py tests/bench/services.py tests/bench/workloads.py \
	tests/bench/install-peers.sh tests/bench/measure.c tests/bench/micro.c \
	tests/bench/micro-threads.c tests/bench/micro.h tests/bench/catalogue.cc
