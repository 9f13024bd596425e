# The unit tests of heapline.h, linked with the libraries themselves, so that tracing starts in their
# processes. Built as the tracer is: a sanitizer would bring an allocator of its own.
EXTRA_DIST += tests/unit/api_fixture.h
capture_cflags = $(plain_cflags) -g -fno-builtin -fno-optimize-sibling-calls -pthread
capture_libs = libheapline-snapshot.la libheapline.la $(CHECK_LIBS)

if !SANITIZERS
unit_tests += \
	tests/unit/test-api \
	tests/unit/test-api_blocks \
	tests/unit/test-api_scope \
	tests/unit/test-api_snapshot \
	tests/unit/test-gc_publish \
	tests/unit/test-session \
	tests/unit/test-heapline_check \
	tests/unit/test-signals
endif

tests_unit_test_api_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_api_CFLAGS = $(capture_cflags)
tests_unit_test_api_LDFLAGS = -no-install
tests_unit_test_api_LDADD = $(capture_libs)

tests_unit_test_api_blocks_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_api_blocks_CFLAGS = $(capture_cflags)
tests_unit_test_api_blocks_LDFLAGS = -no-install
tests_unit_test_api_blocks_LDADD = $(capture_libs)

tests_unit_test_api_scope_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_api_scope_CFLAGS = $(capture_cflags)
tests_unit_test_api_scope_LDFLAGS = -no-install
tests_unit_test_api_scope_LDADD = $(capture_libs)

tests_unit_test_api_snapshot_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_api_snapshot_CFLAGS = $(capture_cflags)
tests_unit_test_api_snapshot_LDFLAGS = -no-install
tests_unit_test_api_snapshot_LDADD = $(capture_libs)

tests_unit_test_session_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_session_CFLAGS = $(capture_cflags)
tests_unit_test_session_LDFLAGS = -no-install
tests_unit_test_session_LDADD = $(capture_libs)

tests_unit_test_heapline_check_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_heapline_check_CFLAGS = $(capture_cflags)
tests_unit_test_heapline_check_LDFLAGS = -no-install
tests_unit_test_heapline_check_LDADD = $(capture_libs)

tests_unit_test_signals_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_signals_CFLAGS = $(capture_cflags)
tests_unit_test_signals_LDFLAGS = -no-install
tests_unit_test_signals_LDADD = $(capture_libs)

# Looks up its own lines.
tests_unit_test_gc_publish_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_gc_publish_CFLAGS = $(capture_cflags)
tests_unit_test_gc_publish_LDFLAGS = -no-install
tests_unit_test_gc_publish_LDADD = libheapline-gc.la $(capture_libs)
