preload_sources = src/preload/v.c
