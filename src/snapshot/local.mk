snapshot_sources =
