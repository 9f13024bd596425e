# The unit tests of src/api, through the public headers.
EXTRA_DIST += tests/unit/snapshot_fixture.h

unit_tests += tests/unit/test-filters
tests_unit_test_filters_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_filters_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-rows
tests_unit_test_rows_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_rows_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-snapshot
tests_unit_test_snapshot_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_snapshot_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

# Looks up its own lines.
unit_tests += tests/unit/test-symbolize
tests_unit_test_symbolize_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_symbolize_CFLAGS = $(AM_CFLAGS) -g -O1
tests_unit_test_symbolize_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-texts
tests_unit_test_texts_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_texts_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)
