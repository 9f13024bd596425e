/* Replaces itself three times; every image allocates and prints its account. */
#include "truth.h"

#include <stdio.h>
#include <unistd.h>

enum { IMAGES = 4 };

int main(int argc, char **argv) {
    int image = argc > 1 ? atoi(argv[1]) : 0;
    for (size_t i = 0; i < 10; i++)
        (void)MALLOC(100 * (size_t)(image + 1) + i);
    truth_image = image < IMAGES - 1 ? image : -1;
    char next[12];
    snprintf(next, sizeof next, "%d", image + 1);
    execl("/nonexistent/program", "program", (char *)NULL); /* fails, and tracing goes on */
    (void)MALLOC(1);
    truth_print();
    if (truth_image < 0)
        return 5;
    execl("/proc/self/exe", argv[0], next, (char *)NULL);
    return 6;
}
