#include "analysis/filter.h"
#include <stdlib.h>
#include <string.h>
#include "analysis/glob.h"
#include "base/error.h"

static int parse_number(const char *digits, int64_t max, int64_t *value) {
    int64_t n = 0;
    for (const char *d = digits; *d; d++) {
        if (*d < '0' || *d > '9')
            return -1;
        n = n * 10 + (*d - '0');
        if (n > max)
            return -1;
    }
    if (!*digits)
        return -1;
    *value = n;
    return 0;
}

/* ":123" at the end is a line; any other colon is part of the glob. */
static void parse_glob(struct filter *filter, const char *rule) {
    const char *colon = strrchr(rule, ':');
    filter->pattern = rule;
    filter->pattern_size = strlen(rule);
    if (colon && colon > rule && !parse_number(colon + 1, INT32_MAX, &filter->line))
        filter->pattern_size = (size_t)(colon - rule);
}

int filter_parse(struct filter *filter, const char *rule, struct heapline_error *err) {
    static const char domain[] = "domain=", type[] = "type=";
    const char *body = rule + (*rule == '-');
    *filter = (struct filter){.domain = -1, .line = -1, .inclusive = *rule != '-'};
    if (!*body)
        return error_set(err, HEAPLINE_BAD_ARGUMENT, 0, "--filter",
                         "an empty rule ([-]GLOB[:LINE], [-]domain=N or [-]type=GLOB)");
    if (!strncmp(body, type, strlen(type))) {
        filter->type = body + strlen(type);
        return 0;
    }
    if (strncmp(body, domain, strlen(domain))) {
        parse_glob(filter, body);
        return 0;
    }
    if (parse_number(body + strlen(domain), UINT32_MAX, &filter->domain))
        return error_set(err, HEAPLINE_BAD_ARGUMENT, 0, rule,
                         "a domain is a number up to 4294967295");
    return 0;
}

static int frame_matches(const struct filter *filter, const struct symbol_frame *frame) {
    return (filter->line < 0 || filter->line == frame->line) &&
           glob_match(filter->pattern, filter->pattern_size, frame->file);
}

static int path_matches(const struct filter *filter, struct path path) {
    const struct symbol_frame *frame = path_next(&path);
    while (frame && !frame_matches(filter, frame))
        frame = filter->all_frames ? path_next(&path) : NULL;
    return frame != NULL;
}

static int type_matches(const char *pattern, const char *type) {
    return glob_match(pattern, strlen(pattern), type ? type : FILTER_UNTYPED);
}

static int matches(const struct filter *filter, uint32_t domain, const char *type,
                   struct path path) {
    return (filter->domain < 0 || filter->domain == domain) &&
           (!filter->type || type_matches(filter->type, type)) &&
           (!filter->pattern || path_matches(filter, path));
}

int filter_accepts(const struct filter *filters, size_t count, uint32_t domain, const char *type,
                   struct path path) {
    int wanted = 0, inclusive = 0;
    for (size_t i = 0; i < count; i++) {
        if (filters[i].inclusive) {
            inclusive = 1;
            wanted = wanted || matches(&filters[i], domain, type, path);
        } else if (matches(&filters[i], domain, type, path)) {
            return 0;
        }
    }
    return wanted || !inclusive;
}
