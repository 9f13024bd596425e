/* The order of rows: tracemalloc's, for each field that rows are sorted by. Pure. */
#ifndef ANALYSIS_ROW_ORDER_H
#define ANALYSIS_ROW_ORDER_H

#include "analysis/statistics.h"

/* The pair that a field sorts by: its bytes (or blocks), then its count. */
struct heapline_count statistics_weight(const struct amounts *amounts, enum statistics_field field);

/* Descending: by the pair, then the key; a comparison by (|difference|, value) of the first of the
 * pair, then of the second, then the key. Once; -1 for want of memory. */
int statistics_sort(struct statistics *s, struct heapline_error *err);

#endif
