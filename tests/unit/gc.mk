# The unit tests of src/gc.
EXTRA_DIST += tests/unit/gc_fixture.h
gc_tests = \
	tests/unit/test-gc_automatic \
	tests/unit/test-gc_checks \
	tests/unit/test-gc_classes \
	tests/unit/test-gc_clearing \
	tests/unit/test-gc_collecting \
	tests/unit/test-gc_containers \
	tests/unit/test-gc_counting \
	tests/unit/test-gc_finalizers \
	tests/unit/test-gc_generators \
	tests/unit/test-gc_glance \
	tests/unit/test-gc_memory \
	tests/unit/test-gc_pages \
	tests/unit/test-gc_path \
	tests/unit/test-gc_pause \
	tests/unit/test-gc_reserve \
	tests/unit/test-gc_stress \
	tests/unit/test-gc_tracing \
	tests/unit/test-gc_upkeep \
	tests/unit/test-gc_upstream \
	tests/unit/test-gc_values \
	tests/unit/test-gc_weakrefs
unit_tests += $(gc_tests)

# Those alone, and nothing else built; for builds with --enable-check-gc.
.PHONY: check-gc
check-gc:
	$(MAKE) $(AM_MAKEFLAGS) check-TESTS TESTS='$(gc_tests) tests/fuzz/gc-differential.sh' \
		check_PROGRAMS='$(gc_tests) tests/fuzz/gc-programs' \
		check_LIBRARIES= check_LTLIBRARIES= check_DATA=

tests_unit_test_gc_automatic_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_automatic_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_checks_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_checks_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_classes_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_classes_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_clearing_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_clearing_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_collecting_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_collecting_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_containers_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_containers_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_counting_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_counting_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_finalizers_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_finalizers_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_generators_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_generators_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_glance_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_glance_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_memory_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_memory_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_pages_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_pages_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_path_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_path_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_pause_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_pause_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_reserve_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_reserve_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_stress_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_stress_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_tracing_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_tracing_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_upkeep_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_upkeep_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_upstream_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_upstream_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_values_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_values_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

tests_unit_test_gc_weakrefs_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_weakrefs_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm
