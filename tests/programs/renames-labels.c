/* Linked with libheapline: gives a label and a domain other names, as fast as it can, until its
 * standard input ends. Each says the same number twice. */
#include <heapline.h>
#include <poll.h>
#include <stdio.h>

int main(void) {
    struct pollfd input = {0, POLLIN, 0};
    char text[64];
    heapline_start(1, NULL);
    for (unsigned long i = 0; poll(&input, 1, 0) == 0; i++) {
        snprintf(text, sizeof text, "%lu of %lu", i, i);
        heapline_set_label("phase", text, NULL);
        heapline_name_domain(1, text);
        if (i == 0)
            puts("begun");
        fflush(stdout);
    }
    return 0;
}
