/* What a list of 100,000 elements takes, and what it took at most. */
#include <heapline.h>
#include <stdio.h>
#include <stdlib.h>

static int **create_list(int length) {
    int **list = NULL;
    for (int i = 0; i < length; i++) {
        if (i % 1000 == 0)
            list = realloc(list, ((size_t)i + 1000) * sizeof *list);
        list[i] = malloc(sizeof **list);
        *list[i] = i;
    }
    return list;
}

static void free_list(int **list, int length) {
    for (int i = 0; i < length; i++)
        free(list[i]);
    free(list);
}

static void report(const char *when) {
    uint64_t current, peak;
    heapline_get_traced_memory(&current, &peak);
    printf("%s: current %.2f KiB, peak %.2f KiB\n", when, (double)current / 1024,
           (double)peak / 1024);
}

int main(void) {
    static char buffer[BUFSIZ];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer); /* else stdio's own would show */
    heapline_start(1, NULL);
    int **list = create_list(100000);
    report("built");
    free_list(list, 100000);
    report("freed");
    heapline_reset_peak();
    report("peak reset");
    heapline_stop();
    report("stopped");
    return 0;
}
