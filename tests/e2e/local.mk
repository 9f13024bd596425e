# End-to-end tests: they need the command, the preload and the traced programs, and skip what else is
# missing.
e2e_tests = \
	tests/e2e/allocators.sh \
	tests/e2e/api.sh \
	tests/e2e/bad-input.sh \
	tests/e2e/control-flow.sh \
	tests/e2e/diff.sh \
	tests/e2e/directory.sh \
	tests/e2e/limits.sh \
	tests/e2e/loading.sh \
	tests/e2e/man-options.sh \
	tests/e2e/objects.sh \
	tests/e2e/plugins.sh \
	tests/e2e/processes.sh \
	tests/e2e/real-programs.sh \
	tests/e2e/recover.sh \
	tests/e2e/requests.sh \
	tests/e2e/run-contract.sh \
	tests/e2e/snapshot-calls.sh \
	tests/e2e/symbols.sh \
	tests/e2e/truth.sh \
	tests/e2e/valgrind.sh

EXTRA_DIST += tests/e2e/lib.sh tests/e2e/api.py tests/e2e/truth.py tests/e2e/damage.py
