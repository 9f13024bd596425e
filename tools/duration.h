/* Durations as users write them. No state, no memory. */
#ifndef TOOLS_DURATION_H
#define TOOLS_DURATION_H

/* "500ms", "10s", "1.5m", "2h"; a bare number is seconds. 0 and *ms (rounded up, so > 0), or -1
 * when the text is no duration, is zero or does not fit. */
int duration_parse(const char *text, long *ms);

#endif
