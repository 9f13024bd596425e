#include "analysis/size_text.h"
#include <math.h>
#include <stddef.h>
#include <stdio.h>

char *size_text(char *buf, double bytes, int with_sign) {
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    size_t unit = 0, last = sizeof units / sizeof *units - 1;
    for (; unit < last && fabs(bytes) >= 10 * 1024; unit++)
        bytes /= 1024;
    int decimals = unit && fabs(bytes) < 100;
    snprintf(buf, SIZE_TEXT_MAX, with_sign ? "%+.*f %s" : "%.*f %s", decimals, bytes, units[unit]);
    return buf;
}
