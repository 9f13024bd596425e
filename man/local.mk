dist_man_MANS += \
	man/heapline.1 \
	man/heapline.7 \
	man/heapline-diff.1 \
	man/heapline-gc.3 \
	man/heapline-info.1 \
	man/heapline-objects.3 \
	man/heapline-ps.1 \
	man/heapline-recover.1 \
	man/heapline-run.1 \
	man/heapline-snapshot.1 \
	man/heapline-snapshot.5 \
	man/heapline-top.1 \
	man/heapline.3 \
	man/heapline_check.3 \
	man/heapline_get_traced_memory.3 \
	man/heapline_scope_begin.3 \
	man/heapline_snapshot.3 \
	man/heapline_start.3 \
	man/heapline_track.3 \
	man/heapline_write_snapshot.3

# Each call has a name that leads to its page: PAGE:NAME.
page_links = \
	heapline_check:heapline_ck_assert_at_most \
	heapline_check:heapline_ck_begin \
	heapline_check:heapline_ck_end \
	heapline_get_traced_memory:heapline_reset_peak \
	heapline_get_traced_memory:heapline_get_tracer_memory \
	heapline_get_traced_memory:heapline_get_totals \
	heapline_get_traced_memory:heapline_get_all_totals \
	heapline_scope_begin:heapline_scope_kept \
	heapline_scope_begin:heapline_scope_end \
	heapline_snapshot:heapline_take_snapshot \
	heapline_snapshot:heapline_snapshot_load \
	heapline_snapshot:heapline_snapshot_of_process \
	heapline_snapshot:heapline_snapshot_new \
	heapline_snapshot:heapline_snapshot_add \
	heapline_snapshot:heapline_snapshot_set_label \
	heapline_snapshot:heapline_snapshot_dump \
	heapline_snapshot:heapline_snapshot_free \
	heapline_snapshot:heapline_snapshot_traceback_limit \
	heapline_snapshot:heapline_snapshot_label \
	heapline_snapshot:heapline_snapshot_totals \
	heapline_snapshot:heapline_snapshot_traces \
	heapline_snapshot:heapline_snapshot_filter_traces \
	heapline_snapshot:heapline_snapshot_statistics \
	heapline_snapshot:heapline_snapshot_compare_to \
	heapline_snapshot:heapline_rows_get \
	heapline_snapshot:heapline_rows_free \
	heapline_snapshot:heapline_traceback_compare \
	heapline_snapshot:heapline_symbolize \
	heapline_snapshot:heapline_row_text \
	heapline_snapshot:heapline_trace_text \
	heapline_snapshot:heapline_size_text \
	heapline_snapshot:heapline_traceback_text \
	heapline_start:heapline_stop \
	heapline_start:heapline_is_tracing \
	heapline_start:heapline_clear_traces \
	heapline_start:heapline_get_traceback_limit \
	heapline_start:heapline_pause_thread \
	heapline_start:heapline_resume_thread \
	heapline_start:heapline_version \
	heapline_track:heapline_track_typed \
	heapline_track:heapline_untrack \
	heapline_track:heapline_name_domain \
	heapline_track:heapline_register_type \
	heapline_track:heapline_get_block_traceback \
	heapline_track:heapline_get_traceback \
	heapline_write_snapshot:heapline_set_label

install-data-hook:
	cd $(DESTDIR)$(man3dir) && for link in $(page_links); do \
		rm -f $${link#*:}.3 && $(LN_S) $${link%:*}.3 $${link#*:}.3 || exit 1; \
	done

uninstall-hook:
	cd $(DESTDIR)$(man3dir) && for link in $(page_links); do rm -f $${link#*:}.3; done
