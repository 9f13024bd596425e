# The unit tests of src/analysis.
EXTRA_DIST += tests/unit/image_fixture.h

unit_tests += tests/unit/test-address_sort
tests_unit_test_address_sort_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_address_sort_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

if HAVE_LIBDEFLATE
unit_tests += tests/unit/test-debug_copy
tests_unit_test_debug_copy_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS) $(LIBDEFLATE_CFLAGS)
tests_unit_test_debug_copy_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS) $(LIBDEFLATE_LIBS)
endif

unit_tests += tests/unit/test-filter
tests_unit_test_filter_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_filter_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-glob
tests_unit_test_glob_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_glob_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-size_text
tests_unit_test_size_text_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_size_text_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-statistics
tests_unit_test_statistics_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_statistics_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-symbol_cache
tests_unit_test_symbol_cache_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_symbol_cache_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-symbol_store
tests_unit_test_symbol_store_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_symbol_store_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

# Looks up its own lines.
unit_tests += tests/unit/test-symbols
tests_unit_test_symbols_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_symbols_CFLAGS = $(AM_CFLAGS) -g
tests_unit_test_symbols_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-wrappers
tests_unit_test_wrappers_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_wrappers_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)
