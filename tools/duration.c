#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "duration.h"

static const struct {
    const char *suffix;
    double ms;
} units[] = {{"ms", 1}, {"s", 1e3}, {"", 1e3}, {"m", 60e3}, {"h", 3600e3}};

/* digits[.digits]: what strtod reads of it has no sign, exponent, hexadecimal, inf or nan. */
static size_t number_length(const char *text) {
    size_t n = strspn(text, "0123456789");
    if (n && text[n] == '.' && isdigit((unsigned char)text[n + 1]))
        n += 1 + strspn(text + n + 1, "0123456789");
    return n;
}

int duration_parse(const char *text, long *ms) {
    static const double longest = 1e12; /* 31 years in ms; keeps sums within a long */
    size_t length = number_length(text);
    if (!length)
        return -1;
    double value = strtod(text, NULL);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strcmp(text + length, units[i].suffix) != 0)
            continue;
        double wanted = value * units[i].ms;
        if (!(wanted > 0) || wanted > longest)
            return -1;
        *ms = (long)wanted;
        *ms += (double)*ms < wanted;
        return 0;
    }
    return -1;
}
