unwind_sources =
