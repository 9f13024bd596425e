analysis_sources =
