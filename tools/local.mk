tools_sources = tools/main.c
