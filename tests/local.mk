# Every test prints TAP: the Check programs by CK_TAP_LOG_FILE_NAME, the scripts by tests/e2e/lib.sh.
# Arenas that are left behind, by children that are killed for one, go with the test.
include tests/programs/local.mk
include tests/e2e/local.mk

# The workload of ./quickstart without arguments; `make` builds it.
noinst_PROGRAMS += tests/programs/demo-wordindex
tests_programs_demo_wordindex_CFLAGS = $(plain_cflags) -g \
	-ffile-prefix-map=`cd $(srcdir) && pwd`=.

unit_tests =
include tests/unit/base.mk
include tests/unit/snapshot.mk
include tests/unit/analysis.mk
include tests/unit/api.mk
include tests/unit/gc.mk
include tests/unit/tools.mk
include tests/unit/tracer.mk
include tests/unit/capture.mk
include tests/differential/local.mk
include tests/examples/local.mk
include tests/fuzz/local.mk

script_tests = tests/architecture.sh $(fuzz_tests) $(differential_tests) $(examples_tests) $(e2e_tests)

TESTS = $(script_tests)
if HAVE_CHECK
TESTS += $(unit_tests)
check_PROGRAMS += $(unit_tests)
endif

TEST_EXTENSIONS = .sh
LOG_DRIVER = AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
LOG_COMPILER = timeout 600
SH_LOG_COMPILER = timeout 1200 bash
AM_TESTS_ENVIRONMENT = \
	CK_TAP_LOG_FILE_NAME=-; CK_VERBOSITY=silent; \
	HEAPLINE='$(abs_builddir)/heapline'; LIBHEAPLINE='$(abs_builddir)/.libs/libheapline.so'; \
	PROGRAMS='$(abs_builddir)/tests/programs'; srcdir='$(abs_srcdir)'; builddir='$(abs_builddir)'; \
	HEAPLINE_DIR=`mktemp -d /dev/shm/heapline-tests.XXXXXX || mktemp -d`; \
	trap 'rm -rf "$$HEAPLINE_DIR"' 0; \
	export CK_TAP_LOG_FILE_NAME CK_VERBOSITY HEAPLINE LIBHEAPLINE PROGRAMS srcdir builddir \
	HEAPLINE_DIR;

EXTRA_DIST += $(script_tests) tests/cross.sh tests/lint.sh tests/thread-sanitizer.sh tests/tsan.supp \
	tests/exported-symbols.txt tests/exported-symbols-snapshot.txt \
	tests/exported-symbols-gc.txt tests/undefined-symbols.txt
