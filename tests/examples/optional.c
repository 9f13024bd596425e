/* Not linked with libheapline: figures where it is preloaded, nothing lost where it is not. */
#define HEAPLINE_OPTIONAL
#include <heapline.h>
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    void *block = malloc(1000);
    uint64_t current;
    if (heapline_get_traced_memory) {
        heapline_get_traced_memory(&current, NULL);
        puts(current >= 1000 ? "traced" : "off");
    } else {
        puts("no heapline here");
    }
    free(block);
    return 0;
}
