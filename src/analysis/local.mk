if HAVE_LIBDEFLATE
debug_copy_source = src/analysis/debug_copy.c
else
debug_copy_source = src/analysis/debug_copy_none.c
endif

analysis_sources = $(debug_copy_source) \
	src/analysis/address_sort.c \
	src/analysis/address_sort.h \
	src/analysis/debug_copy.h \
	src/analysis/debug_search.c \
	src/analysis/debug_search.h \
	src/analysis/demangle.c \
	src/analysis/demangle.h \
	src/analysis/domains.c \
	src/analysis/domains.h \
	src/analysis/dwarf_unit.c \
	src/analysis/dwarf_unit.h \
	src/analysis/elf_symbols.c \
	src/analysis/elf_symbols.h \
	src/analysis/embed.c \
	src/analysis/file_version.c \
	src/analysis/file_version.h \
	src/analysis/filter.c \
	src/analysis/filter.h \
	src/analysis/frame_maker.c \
	src/analysis/frame_maker.h \
	src/analysis/glob.c \
	src/analysis/glob.h \
	src/analysis/intern.c \
	src/analysis/intern.h \
	src/analysis/json.c \
	src/analysis/json.h \
	src/analysis/known_symbols.c \
	src/analysis/known_symbols.h \
	src/analysis/names.c \
	src/analysis/names.h \
	src/analysis/path.c \
	src/analysis/path.h \
	src/analysis/range_map.c \
	src/analysis/range_map.h \
	src/analysis/report.c \
	src/analysis/report.h \
	src/analysis/report_csv.c \
	src/analysis/report_gc.c \
	src/analysis/report_info.c \
	src/analysis/report_json.c \
	src/analysis/report_not_seen.c \
	src/analysis/report_rows.h \
	src/analysis/report_text.c \
	src/analysis/row_order.c \
	src/analysis/row_order.h \
	src/analysis/row_text.c \
	src/analysis/row_text.h \
	src/analysis/shared_frames.c \
	src/analysis/shared_frames.h \
	src/analysis/size_text.c \
	src/analysis/size_text.h \
	src/analysis/source_path.c \
	src/analysis/source_path.h \
	src/analysis/statistics.c \
	src/analysis/statistics.h \
	src/analysis/symbol_cache.c \
	src/analysis/symbol_cache.h \
	src/analysis/symbol_file.c \
	src/analysis/symbol_file.h \
	src/analysis/symbol_store.c \
	src/analysis/symbol_store.h \
	src/analysis/symbol_store_trim.c \
	src/analysis/symbols.c \
	src/analysis/symbols.h \
	src/analysis/traceback.c \
	src/analysis/traceback.h \
	src/analysis/utf8.c \
	src/analysis/utf8.h \
	src/analysis/wrappers.c \
	src/analysis/wrappers.h
