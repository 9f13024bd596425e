tracer_sources =
