/* heapline_traceback_text. */
#include "api/frame.h"
#include "api/pause.h"
#include "api/source_line.h"
#include "base/text.h"

static void put_frame(struct text *t, const struct heapline_frame *frame) {
    char line[SOURCE_LINE_MAX];
    text_string(t, "  File \"");
    text_string(t, frame_file(frame));
    text_string(t, "\", line ");
    text_decimal(t, (uint64_t)frame_line(frame->line));
    text_string(t, "\n");
    size_t size = source_line_read(frame_file(frame), frame->line, line);
    if (!size)
        return;
    text_string(t, "    ");
    text_bytes(t, line, size);
    text_string(t, "\n");
}

/* Which frames: [*from, *to). */
static void choose(int count, int limit, int *from, int *to) {
    *from = limit > 0 && limit < count ? count - limit : 0;
    *to = limit > 0 ? count : limit == 0 || limit <= -count ? 0 : count + limit;
}

int heapline_traceback_text(const struct heapline_traceback *tb, int limit, int most_recent_first,
                            char *buf, size_t size) {
    PAUSE_TRACING();
    struct text t;
    int from, to;
    if (!tb || (!buf && size) || tb->nframe < 0 || (tb->nframe && !tb->frames))
        return -1;
    text_init(&t, buf, size);
    choose(tb->nframe, limit, &from, &to);
    for (int i = from; i < to; i++)
        put_frame(&t, &tb->frames[most_recent_first ? from + to - 1 - i : i]);
    return t.length > INT_MAX ? -1 : (int)t.length;
}
