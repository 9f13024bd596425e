/* What a call has allocated, and which lines kept something of it. */
#include <heapline_snapshot.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *last;

static void handle_request(const char *name) {
    char *copy = malloc(100);
    snprintf(copy, 100, "request %s", name);
    last = strdup(copy); /* what was there before is lost */
    free(copy);
}

static void print_line(const struct heapline_scope_block *kept) {
    uintptr_t address[32];
    int count = heapline_get_traceback(kept->domain, kept->block, address, 32, NULL);
    struct heapline_snapshot *place = heapline_symbolize(address, count, NULL);
    const struct heapline_trace *trace;
    if (heapline_snapshot_traces(place, &trace)) {
        const struct heapline_traceback *tb = &trace->traceback;
        printf("%llu bytes kept by %s:%d\n", (unsigned long long)kept->size,
               tb->frames[tb->nframe - 1].file, tb->frames[tb->nframe - 1].line);
    }
    heapline_snapshot_free(place);
}

int main(void) {
    struct heapline_scope_block kept[10];
    struct heapline_scope_result result;

    heapline_start(1, NULL);
    struct heapline_scope *scope = heapline_scope_begin(0, NULL);
    handle_request("a");
    size_t count = heapline_scope_kept(scope, kept, 10);
    heapline_scope_end(scope, &result);
    printf("allocated %llu bytes, %llu at once\n", (unsigned long long)result.allocated.bytes,
           (unsigned long long)result.peak.bytes);
    for (size_t i = 0; i < count && i < 10; i++)
        print_line(&kept[i]);
    free(last);
    return 0;
}
