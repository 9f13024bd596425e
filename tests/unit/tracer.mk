# The unit tests of what runs inside the traced process, built as it is: without sanitizers.
EXTRA_DIST += tests/unit/store_fixture.h
unit_tests += tests/unit/test-blockmap
tests_unit_test_blockmap_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_blockmap_CFLAGS = $(plain_cflags)
tests_unit_test_blockmap_LDADD = libheapline-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-counters
tests_unit_test_counters_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_counters_CFLAGS = $(plain_cflags)
tests_unit_test_counters_LDADD = libheapline-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-unwind
EXTRA_DIST += tests/unit/aarch64/odd_frame.h tests/unit/x86_64/odd_frame.h
tests_unit_test_unwind_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit/$(ARCH) $(CHECK_CFLAGS)
tests_unit_test_unwind_CFLAGS = $(plain_cflags)
tests_unit_test_unwind_LDADD = libheapline-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-memo
tests_unit_test_memo_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_memo_CFLAGS = $(plain_cflags)
tests_unit_test_memo_LDADD = libheapline-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-path
EXTRA_DIST += tests/unit/aarch64/single_step.h tests/unit/x86_64/single_step.h
tests_unit_test_path_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit/$(ARCH) $(CHECK_CFLAGS)
tests_unit_test_path_CFLAGS = $(plain_cflags)
tests_unit_test_path_LDADD = libheapline-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-thread
tests_unit_test_thread_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_thread_CFLAGS = $(plain_cflags)
tests_unit_test_thread_LDADD = libheapline-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-ledger
tests_unit_test_ledger_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_ledger_CFLAGS = $(plain_cflags)
tests_unit_test_ledger_LDADD = libheapline-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-type_table
tests_unit_test_type_table_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_unit_test_type_table_CFLAGS = $(plain_cflags)
tests_unit_test_type_table_LDADD = libheapline-core.la $(CHECK_LIBS)
