/* libc functions that return a new block: the row is the line that called them. */
#define _GNU_SOURCE
#include "truth.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

static const char text[] = "the owner of the memory is the caller";

int main(int argc, char **argv) {
    void *kept[30];
    (void)argv;
    for (int i = 0; i < 10; i++) {
        kept[i] = TAKE(strdup(text + i), sizeof text - (size_t)i);
        kept[i + 10] = TAKE(strndup(text, (size_t)(i + argc)), (size_t)(i + argc) + 1);
        kept[i + 20] = TAKE(wcsdup(L"wide"), 5 * sizeof(wchar_t));
    }
    for (int i = 0; i < 30; i += 2)
        FREE(kept[i]);
    truth_print();
    return 0;
}
