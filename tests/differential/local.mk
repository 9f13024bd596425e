# The snapshot calls against CPython's.
check_PROGRAMS += tests/differential/driver
tests_differential_driver_SOURCES = tests/differential/driver.c
tests_differential_driver_LDFLAGS = -no-install
tests_differential_driver_LDADD = libheapline-snapshot.la

differential_tests = tests/differential/tracemalloc.sh
EXTRA_DIST += tests/differential/tracemalloc.py
