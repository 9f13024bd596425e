# The unit tests of src/snapshot.
EXTRA_DIST += tests/unit/arena_fixture.h

unit_tests += tests/unit/test-arena_file
tests_unit_test_arena_file_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_arena_file_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-arena_read
tests_unit_test_arena_read_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_arena_read_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-image
tests_unit_test_image_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_image_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)
