preload_sources =
