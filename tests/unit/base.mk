# The unit tests of src/base.
EXTRA_DIST += tests/unit/suite.h
unit_tests += tests/unit/test-buffer
tests_unit_test_buffer_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_buffer_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-crc
tests_unit_test_crc_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_crc_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-io
tests_unit_test_io_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_io_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-pool
tests_unit_test_pool_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_pool_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-sanitizer
tests_unit_test_sanitizer_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_sanitizer_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-text
tests_unit_test_text_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_text_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)
