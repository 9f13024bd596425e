# The readers of files that anyone may have written, fuzzed. `make check` runs the stored inputs;
# `make fuzz` needs clang and looks for new ones, FUZZ_SECONDS for each target.
FUZZ_SECONDS = 30
FUZZ_CC = clang
fuzz_targets = tests/fuzz/fuzz-arena tests/fuzz/fuzz-decode
fuzz_corpus = \
	tests/fuzz/corpus-arena/patch0 \
	tests/fuzz/corpus-arena/patch1 \
	tests/fuzz/corpus-arena/patch2 \
	tests/fuzz/corpus-arena/patch3 \
	tests/fuzz/corpus-arena/whole0 \
	tests/fuzz/corpus-arena/whole2 \
	tests/fuzz/corpus-decode/blocks \
	tests/fuzz/corpus-decode/example \
	tests/fuzz/corpus-decode/symbols \
	tests/fuzz/corpus-decode/unsealed

check_PROGRAMS += $(fuzz_targets)
tests_fuzz_fuzz_arena_SOURCES = tests/fuzz/fuzz-arena.c tests/fuzz/standalone.c
tests_fuzz_fuzz_arena_LDADD = libheapline-snapshot-core.la
tests_fuzz_fuzz_decode_SOURCES = tests/fuzz/fuzz-decode.c tests/fuzz/standalone.c
tests_fuzz_fuzz_decode_LDADD = libheapline-snapshot-core.la

# The object runtime against Python, operation by operation.
check_PROGRAMS += tests/fuzz/gc-programs
tests_fuzz_gc_programs_LDADD = libheapline-gc-core.la -lm

fuzz_tests = tests/fuzz/corpus.sh tests/fuzz/gc-differential.sh
EXTRA_DIST += $(fuzz_corpus) tests/fuzz/gc-python.py

.PHONY: fuzz
fuzz:
	@for name in arena decode; do \
		found=tests/fuzz/found-$$name; \
		$(MKDIR_P) $$found && \
		$(FUZZ_CC) -g -O1 -std=gnu11 $(AM_CPPFLAGS) -fsanitize=fuzzer,address,undefined \
			-fno-sanitize-recover=undefined -o tests/fuzz/libfuzzer-$$name \
			$(srcdir)/tests/fuzz/fuzz-$$name.c \
			$$(find $(srcdir)/src/base $(srcdir)/src/snapshot -name '*.c' ! -name sys_watched.c) && \
		tests/fuzz/libfuzzer-$$name -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=65536 \
			-print_final_stats=1 -artifact_prefix=$$found- \
			$$found $(srcdir)/tests/fuzz/corpus-$$name || exit 1; \
	done

clean-local:
	rm -rf tests/fuzz/found-* tests/fuzz/libfuzzer-*
