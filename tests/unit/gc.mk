# The unit tests of src/gc.
EXTRA_DIST += tests/unit/gc_fixture.h

unit_tests += tests/unit/test-gc_collecting
tests_unit_test_gc_collecting_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_collecting_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

unit_tests += tests/unit/test-gc_counting
tests_unit_test_gc_counting_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_counting_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

unit_tests += tests/unit/test-gc_objects
tests_unit_test_gc_objects_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_objects_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

unit_tests += tests/unit/test-gc_stress
tests_unit_test_gc_stress_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_stress_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

unit_tests += tests/unit/test-gc_upstream
tests_unit_test_gc_upstream_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_upstream_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

unit_tests += tests/unit/test-gc_reserve
tests_unit_test_gc_reserve_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_reserve_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

unit_tests += tests/unit/test-gc_path
tests_unit_test_gc_path_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_path_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

unit_tests += tests/unit/test-gc_automatic
tests_unit_test_gc_automatic_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_automatic_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm

unit_tests += tests/unit/test-gc_tracing
tests_unit_test_gc_tracing_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_tracing_LDADD = libheapline-gc-core.la $(CHECK_LIBS) -lm
