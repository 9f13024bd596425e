# The examples of heapline-gc(7) and of the pages about its calls, all built in the same way.
gc_examples = \
	tests/examples/gc-automatic \
	tests/examples/gc-break-cycle \
	tests/examples/gc-collector \
	tests/examples/gc-custom-type \
	tests/examples/gc-debug \
	tests/examples/gc-end \
	tests/examples/gc-finalizer \
	tests/examples/gc-freeze \
	tests/examples/gc-generations \
	tests/examples/gc-generator \
	tests/examples/gc-large-list \
	tests/examples/gc-legacy \
	tests/examples/gc-locals \
	tests/examples/gc-names \
	tests/examples/gc-refcounts \
	tests/examples/gc-send \
	tests/examples/gc-slots \
	tests/examples/gc-threads \
	tests/examples/gc-traced \
	tests/examples/gc-weakref \
	tests/examples/gc-why-alive \
	tests/examples/gc-words

check_PROGRAMS += $(gc_examples)
tests_examples_gc_automatic_CFLAGS = $(examples_cflags)
tests_examples_gc_automatic_LDFLAGS = -no-install
tests_examples_gc_automatic_LDADD = libheapline-gc.la
tests_examples_gc_break_cycle_CFLAGS = $(examples_cflags)
tests_examples_gc_break_cycle_LDFLAGS = -no-install
tests_examples_gc_break_cycle_LDADD = libheapline-gc.la
tests_examples_gc_collector_CFLAGS = $(examples_cflags)
tests_examples_gc_collector_LDFLAGS = -no-install
tests_examples_gc_collector_LDADD = libheapline-gc.la
tests_examples_gc_custom_type_CFLAGS = $(examples_cflags)
tests_examples_gc_custom_type_LDFLAGS = -no-install
tests_examples_gc_custom_type_LDADD = libheapline-gc.la
tests_examples_gc_debug_CFLAGS = $(examples_cflags)
# It is the runtime that asks libheapline-snapshot for lines.
tests_examples_gc_debug_LDFLAGS = -no-install -Wl,--no-as-needed
tests_examples_gc_debug_LDADD = libheapline-gc.la libheapline-snapshot.la libheapline.la
tests_examples_gc_end_CFLAGS = $(examples_cflags)
tests_examples_gc_end_LDFLAGS = -no-install
tests_examples_gc_end_LDADD = libheapline-gc.la
tests_examples_gc_finalizer_CFLAGS = $(examples_cflags)
tests_examples_gc_finalizer_LDFLAGS = -no-install
tests_examples_gc_finalizer_LDADD = libheapline-gc.la
tests_examples_gc_freeze_CFLAGS = $(examples_cflags)
tests_examples_gc_freeze_LDFLAGS = -no-install
tests_examples_gc_freeze_LDADD = libheapline-gc.la
tests_examples_gc_generations_CFLAGS = $(examples_cflags)
tests_examples_gc_generations_LDFLAGS = -no-install
tests_examples_gc_generations_LDADD = libheapline-gc.la
tests_examples_gc_generator_CFLAGS = $(examples_cflags)
tests_examples_gc_generator_LDFLAGS = -no-install
tests_examples_gc_generator_LDADD = libheapline-gc.la libheapline.la
tests_examples_gc_large_list_CFLAGS = $(examples_cflags)
tests_examples_gc_large_list_LDFLAGS = -no-install
tests_examples_gc_large_list_LDADD = libheapline-gc.la libheapline.la
tests_examples_gc_legacy_CFLAGS = $(examples_cflags)
tests_examples_gc_legacy_LDFLAGS = -no-install
tests_examples_gc_legacy_LDADD = libheapline-gc.la
tests_examples_gc_locals_CFLAGS = $(examples_cflags)
tests_examples_gc_locals_LDFLAGS = -no-install
tests_examples_gc_locals_LDADD = libheapline-gc.la
tests_examples_gc_names_CFLAGS = $(examples_cflags)
tests_examples_gc_names_LDFLAGS = -no-install
tests_examples_gc_names_LDADD = libheapline-gc.la
tests_examples_gc_refcounts_CFLAGS = $(examples_cflags)
tests_examples_gc_refcounts_LDFLAGS = -no-install
tests_examples_gc_refcounts_LDADD = libheapline-gc.la
tests_examples_gc_send_CFLAGS = $(examples_cflags)
tests_examples_gc_send_LDFLAGS = -no-install
tests_examples_gc_send_LDADD = libheapline-gc.la
tests_examples_gc_slots_CFLAGS = $(examples_cflags)
tests_examples_gc_slots_LDFLAGS = -no-install
tests_examples_gc_slots_LDADD = libheapline-gc.la
tests_examples_gc_threads_CFLAGS = $(examples_cflags)
tests_examples_gc_threads_LDFLAGS = -no-install
tests_examples_gc_threads_LDADD = libheapline-gc.la
tests_examples_gc_traced_CFLAGS = $(examples_cflags)
tests_examples_gc_traced_LDFLAGS = -no-install
tests_examples_gc_traced_LDADD = libheapline-gc.la libheapline-snapshot.la libheapline.la
tests_examples_gc_weakref_CFLAGS = $(examples_cflags)
tests_examples_gc_weakref_LDFLAGS = -no-install
tests_examples_gc_weakref_LDADD = libheapline-gc.la
tests_examples_gc_why_alive_CFLAGS = $(examples_cflags)
tests_examples_gc_why_alive_LDFLAGS = -no-install
tests_examples_gc_why_alive_LDADD = libheapline-gc.la
tests_examples_gc_words_CFLAGS = $(examples_cflags)
tests_examples_gc_words_LDFLAGS = -no-install
tests_examples_gc_words_LDADD = libheapline-gc.la
EXTRA_DIST += tests/examples/gc-example.h $(gc_examples:=.expected)
