# Programs that the end-to-end tests trace. Most keep an account of their own heap (truth.h), by line:
# so they always have debug information, and no call is optimised away.
traced_cflags = $(plain_cflags) -g -fno-builtin
traced_cxxflags = $(AM_CXXFLAGS) -std=gnu++17 -fsized-deallocation -g -fno-builtin
truth = tests/programs/libtruth.a

check_LIBRARIES = tests/programs/libtruth.a
tests_programs_libtruth_a_SOURCES = tests/programs/truth.c tests/programs/truth.h
tests_programs_libtruth_a_CFLAGS = $(traced_cflags)

traced_c = \
	tests/programs/allocates-in-resolver \
	tests/programs/asks-for-stack \
	tests/programs/cancels-threads \
	tests/programs/changes-root \
	tests/programs/churns-objects \
	tests/programs/clones-itself \
	tests/programs/closed-streams \
	tests/programs/closes-descriptors \
	tests/programs/coroutines \
	tests/programs/daemon \
	tests/programs/deep-recursion \
	tests/programs/ends \
	tests/programs/executes-damaged-files \
	tests/programs/executes-unreadable \
	tests/programs/exec-self \
	tests/programs/exits-in-handlers \
	tests/programs/forgets-blocks \
	tests/programs/fork-beside-threads \
	tests/programs/fork-racing-threads \
	tests/programs/fork-storm \
	tests/programs/forks-beside-clearing \
	tests/programs/forks-beside-new-paths \
	tests/programs/forks-under-seccomp \
	tests/programs/frees-by-size \
	tests/programs/frees-wrongly \
	tests/programs/hammers-calls \
	tests/programs/hand-made-stack \
	tests/programs/jumps \
	tests/programs/jumps-out-of-handlers \
	tests/programs/leaks-between \
	tests/programs/limits \
	tests/programs/loads-throwing-plugin \
	tests/programs/locks-memory \
	tests/programs/makes-objects \
	tests/programs/native-jemalloc \
	tests/programs/native-mimalloc \
	tests/programs/no-unwind-tables \
	tests/programs/no-unwind-tables-frame-pointers \
	tests/programs/odd-requests \
	tests/programs/own-allocator \
	tests/programs/raw-fork-beside-threads \
	tests/programs/loads-deep-plugin \
	tests/programs/reloads-plugins \
	tests/programs/renames-labels \
	tests/programs/runs-plugin \
	tests/programs/seccomp-filter \
	tests/programs/seccomp-strict \
	tests/programs/short-threads \
	tests/programs/signals-inside-malloc \
	tests/programs/signals-on-small-stack \
	tests/programs/spawns \
	tests/programs/tiny-stacks \
	tests/programs/traces-itself \
	tests/programs/traces-itself-if-it-can \
	tests/programs/truth-aligned \
	tests/programs/truth-calloc \
	tests/programs/truth-inlining \
	tests/programs/truth-paths \
	tests/programs/truth-peak \
	tests/programs/truth-racing-threads \
	tests/programs/truth-realloc \
	tests/programs/truth-recursion \
	tests/programs/truth-strings \
	tests/programs/truth-temporary \
	tests/programs/truth-threads \
	tests/programs/truth-waves \
	tests/programs/wild-recursion

traced_cxx = \
	tests/programs/catches-bad-alloc \
	tests/programs/counted-news \
	tests/programs/handles-no-memory \
	tests/programs/native-tcmalloc \
	tests/programs/thread-local-destructors \
	tests/programs/throws-through-frames \
	tests/programs/truth-containers \
	tests/programs/truth-operators \
	tests/programs/truth-own-operators

check_PROGRAMS += $(traced_c)
if HAVE_CXX
check_PROGRAMS += $(traced_cxx)
endif

# Each is linked with its account.
tests_programs_allocates_in_resolver_CFLAGS = $(traced_cflags)
tests_programs_allocates_in_resolver_LDFLAGS = -Wl,-z,lazy
tests_programs_allocates_in_resolver_LDADD = $(truth)
tests_programs_cancels_threads_CFLAGS = $(traced_cflags)
tests_programs_cancels_threads_LDADD = $(truth)
tests_programs_changes_root_CFLAGS = $(traced_cflags)
tests_programs_changes_root_LDADD = $(truth)
tests_programs_clones_itself_CFLAGS = $(traced_cflags)
tests_programs_clones_itself_LDADD = $(truth)
tests_programs_closed_streams_CFLAGS = $(traced_cflags)
tests_programs_closed_streams_LDADD = $(truth)
tests_programs_closes_descriptors_CFLAGS = $(traced_cflags)
tests_programs_closes_descriptors_LDADD = $(truth)
tests_programs_coroutines_CFLAGS = $(traced_cflags)
tests_programs_coroutines_LDADD = $(truth)
tests_programs_daemon_CFLAGS = $(traced_cflags)
tests_programs_daemon_LDADD = $(truth)
tests_programs_deep_recursion_CFLAGS = $(traced_cflags)
tests_programs_ends_CFLAGS = $(traced_cflags)
tests_programs_ends_LDADD = $(truth)
tests_programs_exec_self_CFLAGS = $(traced_cflags)
tests_programs_exec_self_LDADD = $(truth)
tests_programs_forgets_blocks_CFLAGS = $(traced_cflags)
tests_programs_forgets_blocks_LDFLAGS = -no-install
tests_programs_forgets_blocks_LDADD = libheapline.la
tests_programs_fork_beside_threads_CFLAGS = $(traced_cflags)
tests_programs_fork_beside_threads_LDADD = $(truth)
tests_programs_fork_racing_threads_CFLAGS = $(traced_cflags)
tests_programs_fork_racing_threads_LDADD = $(truth)
tests_programs_fork_storm_CFLAGS = $(traced_cflags)
tests_programs_fork_storm_LDADD = $(truth)
tests_programs_frees_by_size_CFLAGS = $(traced_cflags)
tests_programs_frees_by_size_LDADD = $(truth)
tests_programs_frees_wrongly_CFLAGS = $(traced_cflags)
tests_programs_frees_wrongly_LDADD = $(truth)
tests_programs_hammers_calls_CFLAGS = $(traced_cflags) $(SANITIZE_TRACER) -pthread
tests_programs_hammers_calls_LDFLAGS = -no-install
tests_programs_hammers_calls_LDADD = libheapline-snapshot.la libheapline.la
tests_programs_jumps_CFLAGS = $(traced_cflags)
tests_programs_jumps_LDADD = $(truth)
tests_programs_jumps_out_of_handlers_CFLAGS = $(traced_cflags)
tests_programs_jumps_out_of_handlers_LDFLAGS = $(signal_safe_ldflags)
tests_programs_jumps_out_of_handlers_LDADD = tests/programs/libtruth.a tests/programs/signal-safe-allocator.so
tests_programs_leaks_between_CFLAGS = $(traced_cflags)
tests_programs_leaks_between_LDADD = $(truth)
tests_programs_limits_CFLAGS = $(traced_cflags)
tests_programs_limits_LDADD = $(truth)
tests_programs_loads_throwing_plugin_CFLAGS = $(traced_cflags)
tests_programs_loads_throwing_plugin_LDADD = $(truth)
tests_programs_locks_memory_CFLAGS = $(traced_cflags)
tests_programs_locks_memory_LDADD = $(truth)
tests_programs_churns_objects_CFLAGS = $(traced_cflags) -O2
tests_programs_churns_objects_LDFLAGS = -no-install
tests_programs_churns_objects_LDADD = libheapline-gc.la
tests_programs_makes_objects_CFLAGS = $(traced_cflags)
tests_programs_makes_objects_LDFLAGS = -no-install
tests_programs_makes_objects_LDADD = libheapline-gc.la
tests_programs_native_jemalloc_CFLAGS = $(traced_cflags)
tests_programs_native_jemalloc_LDADD = $(truth)
tests_programs_native_mimalloc_CFLAGS = $(traced_cflags)
tests_programs_native_mimalloc_LDADD = $(truth)
tests_programs_no_unwind_tables_CFLAGS = $(traced_cflags) -fno-asynchronous-unwind-tables -fno-unwind-tables -fomit-frame-pointer
tests_programs_no_unwind_tables_LDADD = $(truth)
tests_programs_no_unwind_tables_frame_pointers_SOURCES = tests/programs/no-unwind-tables.c
tests_programs_no_unwind_tables_frame_pointers_CFLAGS = $(traced_cflags) -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-omit-frame-pointer
tests_programs_no_unwind_tables_frame_pointers_LDADD = $(truth)
tests_programs_odd_requests_CFLAGS = $(traced_cflags)
tests_programs_odd_requests_LDADD = $(truth)
tests_programs_own_allocator_CFLAGS = $(traced_cflags)
tests_programs_own_allocator_LDADD =
tests_programs_loads_deep_plugin_CFLAGS = $(traced_cflags)
tests_programs_loads_deep_plugin_LDADD = $(truth)
tests_programs_reloads_plugins_CFLAGS = $(traced_cflags)
tests_programs_reloads_plugins_LDADD = $(truth)
tests_programs_renames_labels_CFLAGS = $(traced_cflags)
tests_programs_renames_labels_LDFLAGS = -no-install
tests_programs_renames_labels_LDADD = libheapline.la
tests_programs_seccomp_filter_CFLAGS = $(traced_cflags)
tests_programs_seccomp_filter_LDADD = $(truth)
tests_programs_seccomp_strict_CFLAGS = $(traced_cflags)
tests_programs_seccomp_strict_LDADD = $(truth)
tests_programs_short_threads_CFLAGS = $(traced_cflags)
tests_programs_short_threads_LDADD = $(truth)
tests_programs_signals_inside_malloc_CFLAGS = $(traced_cflags)
tests_programs_signals_inside_malloc_LDFLAGS = $(signal_safe_ldflags)
tests_programs_signals_inside_malloc_LDADD = tests/programs/signal-safe-allocator.so
tests_programs_signals_on_small_stack_CFLAGS = $(traced_cflags)
tests_programs_signals_on_small_stack_LDFLAGS = -Wl,-z,now
tests_programs_signals_on_small_stack_LDADD = $(truth)
tests_programs_spawns_CFLAGS = $(traced_cflags)
tests_programs_spawns_LDADD = $(truth)
tests_programs_tiny_stacks_CFLAGS = $(traced_cflags)
tests_programs_tiny_stacks_LDADD = $(truth)
tests_programs_traces_itself_CFLAGS = $(traced_cflags)
tests_programs_traces_itself_LDFLAGS = -no-install
tests_programs_traces_itself_LDADD = libheapline.la
tests_programs_forks_beside_clearing_CFLAGS = $(traced_cflags)
tests_programs_forks_beside_clearing_LDFLAGS = -no-install
tests_programs_forks_beside_clearing_LDADD = libheapline.la
tests_programs_traces_itself_if_it_can_CFLAGS = $(traced_cflags) -fPIE
tests_programs_traces_itself_if_it_can_LDFLAGS = -pie
tests_programs_truth_aligned_CFLAGS = $(traced_cflags)
tests_programs_truth_aligned_LDADD = $(truth)
tests_programs_truth_calloc_CFLAGS = $(traced_cflags)
tests_programs_truth_calloc_LDADD = $(truth)
tests_programs_truth_inlining_CFLAGS = $(traced_cflags)
tests_programs_truth_inlining_LDADD = $(truth)
tests_programs_truth_paths_CFLAGS = $(traced_cflags)
tests_programs_truth_paths_LDADD = $(truth)
tests_programs_truth_peak_CFLAGS = $(traced_cflags)
tests_programs_truth_peak_LDADD = $(truth)
tests_programs_truth_racing_threads_CFLAGS = $(traced_cflags)
tests_programs_truth_racing_threads_LDADD = $(truth)
tests_programs_truth_realloc_CFLAGS = $(traced_cflags)
tests_programs_truth_realloc_LDADD = $(truth)
tests_programs_truth_recursion_CFLAGS = $(traced_cflags)
tests_programs_truth_recursion_LDADD = $(truth)
tests_programs_truth_strings_CFLAGS = $(traced_cflags)
tests_programs_truth_strings_LDADD = $(truth)
tests_programs_truth_temporary_CFLAGS = $(traced_cflags)
tests_programs_truth_temporary_LDADD = $(truth)
tests_programs_truth_threads_CFLAGS = $(traced_cflags)
tests_programs_truth_threads_LDADD = $(truth)
tests_programs_truth_waves_CFLAGS = $(traced_cflags)
tests_programs_truth_waves_LDADD = $(truth)
tests_programs_wild_recursion_CFLAGS = $(traced_cflags)
tests_programs_wild_recursion_LDADD = $(truth)

# Calls the library, which must have no sanitizer then.
if !SANITIZERS
check_PROGRAMS += tests/programs/reads-itself
endif
tests_programs_reads_itself_SOURCES = tests/programs/reads-itself.c
tests_programs_reads_itself_CFLAGS = $(traced_cflags)
tests_programs_reads_itself_LDFLAGS = -no-install
tests_programs_reads_itself_LDADD = libheapline-snapshot.la

# g++ defines _GNU_SOURCE itself.
tests_programs_catches_bad_alloc_SOURCES = tests/programs/catches-bad-alloc.cc
tests_programs_catches_bad_alloc_CPPFLAGS =
tests_programs_catches_bad_alloc_CXXFLAGS = $(traced_cxxflags)
tests_programs_catches_bad_alloc_LDADD = $(truth)
tests_programs_handles_no_memory_SOURCES = tests/programs/handles-no-memory.cc
tests_programs_handles_no_memory_CPPFLAGS =
tests_programs_handles_no_memory_CXXFLAGS = $(traced_cxxflags)
tests_programs_handles_no_memory_LDADD = $(truth)
tests_programs_counted_news_SOURCES = tests/programs/counted-news.cc
tests_programs_counted_news_CPPFLAGS =
tests_programs_counted_news_CXXFLAGS = $(traced_cxxflags)
tests_programs_counted_news_LDADD = $(truth)
tests_programs_native_tcmalloc_SOURCES = tests/programs/native-tcmalloc.cc
tests_programs_native_tcmalloc_CPPFLAGS =
tests_programs_native_tcmalloc_CXXFLAGS = $(traced_cxxflags)
tests_programs_native_tcmalloc_LDADD = $(truth)
tests_programs_thread_local_destructors_SOURCES = tests/programs/thread-local-destructors.cc
tests_programs_thread_local_destructors_CPPFLAGS =
tests_programs_thread_local_destructors_CXXFLAGS = $(traced_cxxflags)
tests_programs_thread_local_destructors_LDADD = $(truth)
tests_programs_throws_through_frames_SOURCES = tests/programs/throws-through-frames.cc
tests_programs_throws_through_frames_CPPFLAGS =
tests_programs_throws_through_frames_CXXFLAGS = $(traced_cxxflags)
tests_programs_throws_through_frames_LDADD = $(truth)
tests_programs_truth_containers_SOURCES = tests/programs/truth-containers.cc
tests_programs_truth_containers_CPPFLAGS =
tests_programs_truth_containers_CXXFLAGS = $(traced_cxxflags)
tests_programs_truth_containers_LDADD = $(truth)
tests_programs_truth_operators_SOURCES = tests/programs/truth-operators.cc
tests_programs_truth_operators_CPPFLAGS =
tests_programs_truth_operators_CXXFLAGS = $(traced_cxxflags)
tests_programs_truth_operators_LDADD = $(truth)
tests_programs_truth_own_operators_SOURCES = tests/programs/truth-own-operators.cc
tests_programs_truth_own_operators_CPPFLAGS =
tests_programs_truth_own_operators_CXXFLAGS = $(traced_cxxflags)
tests_programs_truth_own_operators_LDADD = $(truth)

# Plain shared objects: libtool would hide the programs that are linked with one behind scripts.
plugin_compile = $(CFLAGS) -g -fPIC -shared -Wl,-soname,$(@F)
signal_safe_ldflags = -Wl,-rpath,$(abs_builddir)/tests/programs
plugins = tests/programs/reloaded-plugin-1.so tests/programs/reloaded-plugin-2.so \
	tests/programs/deep-plugin.so tests/programs/localizing-library.so \
	tests/programs/resolving-library.so tests/programs/signal-safe-allocator.so
if HAVE_CXX
plugins += tests/programs/throwing-plugin.so
endif
check_DATA = $(plugins)
CLEANFILES = $(plugins)

tests/programs/reloaded-plugin-1.so: tests/programs/reloaded-plugin.c
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) $(plugin_compile) -DFIRST -o $@ $<

tests/programs/reloaded-plugin-2.so: tests/programs/reloaded-plugin.c
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) $(plugin_compile) -o $@ $<

tests/programs/deep-plugin.so: tests/programs/deep-plugin.c
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) $(plugin_compile) -fno-builtin -o $@ $<

tests/programs/localizing-library.so: tests/programs/localizing-library.c
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) $(plugin_compile) -o $@ $<

tests/programs/resolving-library.so: tests/programs/resolving-library.c
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) $(plugin_compile) -fno-builtin -fno-plt -o $@ $<

tests/programs/signal-safe-allocator.so: tests/programs/signal-safe-allocator.c
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) $(plugin_compile) -fno-builtin -o $@ $<

tests/programs/throwing-plugin.so: tests/programs/throwing-plugin.cc
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CXX) $(CXXFLAGS) -g -fPIC -shared -o $@ $<

tests_programs_hand_made_stack_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/programs/$(ARCH)
EXTRA_DIST += tests/programs/aarch64/stack_jump.h tests/programs/x86_64/stack_jump.h

EXTRA_DIST += tests/programs/deep-plugin.c tests/programs/localizing-library.c \
	tests/programs/reloaded-plugin.c tests/programs/resolving-library.c \
	tests/programs/signal-safe-allocator.c tests/programs/throwing-plugin.cc tests/programs/rust-vectors.rs
