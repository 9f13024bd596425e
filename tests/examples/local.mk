# The examples of the manual, built as programs of their own, with every call that they make.
examples = \
	tests/examples/biggest-block \
	tests/examples/cycle \
	tests/examples/difference \
	tests/examples/optional \
	tests/examples/own-traces \
	tests/examples/pool \
	tests/examples/scope \
	tests/examples/top-ten \
	tests/examples/traced-memory
examples_cflags = -std=c11 -Wall -Wextra -Wpedantic -Werror -g \
	-fno-builtin -fno-optimize-sibling-calls -ffile-prefix-map=`cd $(srcdir) && pwd`/tests/examples=.

include tests/examples/gc.mk

check_PROGRAMS += $(examples) tests/examples/headers tests/examples/headers-optional
tests_examples_biggest_block_CFLAGS = $(examples_cflags)
tests_examples_biggest_block_LDFLAGS = -no-install
tests_examples_biggest_block_LDADD = libheapline-snapshot.la
tests_examples_cycle_CFLAGS = $(examples_cflags)
tests_examples_cycle_LDFLAGS = -no-install
tests_examples_cycle_LDADD = libheapline-gc.la
tests_examples_difference_CFLAGS = $(examples_cflags)
tests_examples_difference_LDFLAGS = -no-install
tests_examples_difference_LDADD = libheapline-snapshot.la
tests_examples_own_traces_CFLAGS = $(examples_cflags)
tests_examples_own_traces_LDFLAGS = -no-install
tests_examples_own_traces_LDADD = libheapline-snapshot.la
tests_examples_top_ten_CFLAGS = $(examples_cflags)
tests_examples_top_ten_LDFLAGS = -no-install
tests_examples_top_ten_LDADD = libheapline-snapshot.la
tests_examples_optional_CFLAGS = $(examples_cflags) -fPIE
tests_examples_optional_LDFLAGS = -pie
tests_examples_pool_CFLAGS = $(examples_cflags)
tests_examples_pool_LDFLAGS = -no-install
tests_examples_pool_LDADD = libheapline.la
tests_examples_scope_CFLAGS = $(examples_cflags)
tests_examples_scope_LDFLAGS = -no-install
tests_examples_scope_LDADD = libheapline-snapshot.la libheapline.la
tests_examples_traced_memory_CFLAGS = $(examples_cflags)
tests_examples_traced_memory_LDFLAGS = -no-install
tests_examples_traced_memory_LDADD = libheapline.la
tests_examples_headers_CFLAGS = $(examples_cflags)
tests_examples_headers_LDFLAGS = -no-install
tests_examples_headers_LDADD = libheapline-snapshot.la

tests_examples_headers_optional_SOURCES = tests/examples/headers-optional.c
tests_examples_headers_optional_CFLAGS = $(examples_cflags) -fPIE
tests_examples_headers_optional_LDFLAGS = -pie
tests_examples_headers_optional_LDADD =

# Check's header is not strictly C11.
if HAVE_CHECK
check_PROGRAMS += tests/examples/asserts-memory
endif
tests_examples_asserts_memory_CPPFLAGS = $(AM_CPPFLAGS) $(CHECK_CFLAGS)
tests_examples_asserts_memory_CFLAGS = -std=gnu11 -Wall -Wextra -Werror -g -fno-builtin
tests_examples_asserts_memory_LDFLAGS = -no-install
tests_examples_asserts_memory_LDADD = libheapline-snapshot.la libheapline.la $(CHECK_LIBS)

# g++ defines _GNU_SOURCE itself.
if HAVE_CXX
check_PROGRAMS += tests/examples/headers-cxx
endif
tests_examples_headers_cxx_SOURCES = tests/examples/headers-cxx.cc
tests_examples_headers_cxx_CPPFLAGS = -I$(srcdir)/include
tests_examples_headers_cxx_CXXFLAGS = -std=c++17 -Wall -Wextra -Wpedantic -Werror
tests_examples_headers_cxx_LDFLAGS = -no-install
tests_examples_headers_cxx_LDADD = libheapline-snapshot.la

# The programs have no sanitizer, which a library that has one would need of them.
if !SANITIZERS
examples_tests = tests/examples/examples.sh
endif
EXTRA_DIST += tests/examples/examples.sh $(examples:=.expected) tests/examples/asserts-memory.expected
