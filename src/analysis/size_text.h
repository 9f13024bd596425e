/* Sizes as tracemalloc writes them: "282 KiB", "-1.5 MiB", "+0 B". Pure; thread-safe. */
#ifndef ANALYSIS_SIZE_TEXT_H
#define ANALYSIS_SIZE_TEXT_H

enum { SIZE_TEXT_MAX = 336 }; /* for any double */

/* Returns buf, of SIZE_TEXT_MAX bytes. */
char *size_text(char *buf, double bytes, int with_sign);

#endif
