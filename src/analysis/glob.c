#include "analysis/glob.h"
#include <stdint.h>
#include <string.h>
#include "analysis/utf8.h"

struct span {
    const char *at, *end;
};

static uint32_t take(struct span *s) {
    size_t length;
    uint32_t c = utf8_read(s->at, (size_t)(s->end - s->at), &length);
    s->at += length;
    return c;
}

/* The ']' of a class whose '[' is taken; NULL where none closes it. A first ']' is a member. */
static const char *class_end(struct span s) {
    s.at += s.at < s.end && *s.at == '!';
    s.at += s.at < s.end && *s.at == ']';
    return s.at < s.end ? memchr(s.at, ']', (size_t)(s.end - s.at)) : NULL;
}

static int class_matches(struct span s, uint32_t c) {
    int negated = *s.at == '!', found = 0;
    s.at += negated;
    while (s.at < s.end) {
        uint32_t low = take(&s), high = low;
        if (s.end - s.at > 1 && *s.at == '-') {
            s.at++;
            high = take(&s);
        }
        found |= low <= c && c <= high;
    }
    return found != negated;
}

/* Takes one element of the pattern and says whether it matches the character. */
static int element_matches(struct span *pattern, uint32_t c) {
    uint32_t element = take(pattern);
    const char *end = element == '[' ? class_end(*pattern) : NULL;
    if (!end)
        return element == '?' || element == c;
    struct span members = {pattern->at, end};
    pattern->at = end + 1;
    return class_matches(members, c);
}

/* Behind a star: to where the pattern can go on, if that is a character that stands for itself. */
static void skip(struct span *t, struct span pattern) {
    const char *found;
    if (pattern.at == pattern.end || (unsigned char)*pattern.at >= 0x80 ||
        strchr("*?[", *pattern.at))
        return;
    found = memchr(t->at, *pattern.at, (size_t)(t->end - t->at));
    t->at = found ? found : t->end;
}

/* A mismatch goes back to the last star only: earlier ones cannot help. */
int glob_match(const char *pattern, size_t pattern_size, const char *text) {
    struct span p = {pattern, pattern + pattern_size}, t = {text, text + strlen(text)};
    struct span resume = {NULL, t.end};
    const char *star = NULL;
    while (t.at < t.end) {
        if (p.at < p.end && *p.at == '*') {
            star = ++p.at;
            skip(&t, p);
            resume = t;
            continue;
        }
        uint32_t c = take(&t);
        if (p.at < p.end && element_matches(&p, c))
            continue;
        if (!star)
            return 0;
        p.at = star;
        take(&resume);
        skip(&resume, p);
        t = resume;
    }
    while (p.at < p.end && *p.at == '*')
        p.at++;
    return p.at == p.end;
}
