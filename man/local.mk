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
	man/heapline_snapshot.3

# Each call has a name that leads to its page.
snapshot_page_links = \
	heapline_take_snapshot.3 \
	heapline_snapshot_load.3 \
	heapline_snapshot_of_process.3 \
	heapline_snapshot_new.3 \
	heapline_snapshot_add.3 \
	heapline_snapshot_set_label.3 \
	heapline_snapshot_dump.3 \
	heapline_snapshot_free.3 \
	heapline_snapshot_traceback_limit.3 \
	heapline_snapshot_label.3 \
	heapline_snapshot_totals.3 \
	heapline_snapshot_traces.3 \
	heapline_snapshot_filter_traces.3 \
	heapline_snapshot_statistics.3 \
	heapline_snapshot_compare_to.3 \
	heapline_rows_get.3 \
	heapline_rows_free.3 \
	heapline_traceback_compare.3 \
	heapline_symbolize.3 \
	heapline_row_text.3 \
	heapline_trace_text.3 \
	heapline_size_text.3 \
	heapline_traceback_text.3

install-data-hook:
	cd $(DESTDIR)$(man3dir) && for name in $(snapshot_page_links); do \
		rm -f $$name && $(LN_S) heapline_snapshot.3 $$name || exit 1; \
	done

uninstall-hook:
	cd $(DESTDIR)$(man3dir) && rm -f $(snapshot_page_links)
