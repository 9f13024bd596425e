/* Not linked with libheapline: its calls are there when it is preloaded. Names every call that is,
 * then uses some. With "dlsym" it finds them by name, like a program without the header. */
#define HEAPLINE_OPTIONAL
#include <dlfcn.h>
#include <heapline.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In code: in a static table the linker may take weak addresses for NULL once and for all. */
static void name_calls(int by_dlsym) {
#define NAME(call)                                                    \
    if (by_dlsym ? dlsym(RTLD_DEFAULT, #call) != NULL : call != NULL) \
    puts(#call)
    NAME(heapline_version);
    NAME(heapline_start);
    NAME(heapline_stop);
    NAME(heapline_is_tracing);
    NAME(heapline_clear_traces);
    NAME(heapline_reset_peak);
    NAME(heapline_get_traceback_limit);
    NAME(heapline_pause_thread);
    NAME(heapline_resume_thread);
    NAME(heapline_get_traced_memory);
    NAME(heapline_get_tracer_memory);
    NAME(heapline_get_totals);
    NAME(heapline_get_all_totals);
    NAME(heapline_get_block_traceback);
    NAME(heapline_get_traceback);
    NAME(heapline_track);
    NAME(heapline_track_typed);
    NAME(heapline_untrack);
    NAME(heapline_name_domain);
    NAME(heapline_register_type);
    NAME(heapline_set_label);
    NAME(heapline_write_snapshot);
    NAME(heapline_scope_begin);
    NAME(heapline_scope_kept);
    NAME(heapline_scope_end);
}

static void use_calls(void) {
    struct heapline_scope *scope;
    struct heapline_scope_result result;
    uint64_t before, after;
    if (heapline_start(3, NULL) != 0)
        return;
    heapline_get_traced_memory(&before, NULL);
    scope = heapline_scope_begin(0, NULL);
    void *block = malloc(12345);
    heapline_get_traced_memory(&after, NULL);
    heapline_scope_end(scope, &result);
    printf("a block counts %llu, in its scope %llu\n", (unsigned long long)(after - before),
           (unsigned long long)result.kept.bytes);
    free(block);
}

int main(int argc, char **argv) {
    int by_dlsym = argc > 1 && strcmp(argv[1], "dlsym") == 0;
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    name_calls(by_dlsym);
    if (by_dlsym) {
        int (*is_tracing)(void);
        *(void **)&is_tracing = dlsym(RTLD_DEFAULT, "heapline_is_tracing");
        printf("tracing %d\n", is_tracing != NULL ? is_tracing() : -1);
    } else if (heapline_start != NULL) {
        use_calls();
    }
    return 0;
}
