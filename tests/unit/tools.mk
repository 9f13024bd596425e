# The unit tests of tools/: each is linked with the modules it tests and nothing else of the command.
tools_unit_cppflags = $(AM_CPPFLAGS) -I$(srcdir) $(CHECK_CFLAGS)

unit_tests += tests/unit/test-duration
tests_unit_test_duration_SOURCES = tests/unit/test-duration.c tools/duration.c
tests_unit_test_duration_CPPFLAGS = $(tools_unit_cppflags)
tests_unit_test_duration_LDADD = $(CHECK_LIBS)

unit_tests += tests/unit/test-options
tests_unit_test_options_SOURCES = tests/unit/test-options.c tools/options.c tools/complain.c \
	tools/duration.c
tests_unit_test_options_CPPFLAGS = $(tools_unit_cppflags)
tests_unit_test_options_LDADD = $(CHECK_LIBS)

unit_tests += tests/unit/test-output_path
tests_unit_test_output_path_SOURCES = tests/unit/test-output_path.c tools/output_path.c
tests_unit_test_output_path_CPPFLAGS = $(tools_unit_cppflags)
tests_unit_test_output_path_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)

unit_tests += tests/unit/test-run_elf
tests_unit_test_run_elf_SOURCES = tests/unit/test-run_elf.c tools/run_elf.c
tests_unit_test_run_elf_CPPFLAGS = $(tools_unit_cppflags) $(LIBDW_CFLAGS)
tests_unit_test_run_elf_LDADD = libheapline-snapshot-core.la $(LIBDW_LIBS) $(CHECK_LIBS)

# With the borrowers' side, which is the tracer's.
unit_tests += tests/unit/test-run_lender
tests_unit_test_run_lender_SOURCES = tests/unit/test-run_lender.c tools/run_lender.c \
	src/tracer/lend.c
tests_unit_test_run_lender_CPPFLAGS = $(tools_unit_cppflags) -I$(srcdir)/tests/unit
tests_unit_test_run_lender_LDADD = libheapline-snapshot-core.la $(CHECK_LIBS)
