/* Started without descriptors 0 to 2: what it opens must get them. Its account goes to argv[1]. */
#include "truth.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv) {
    char text[64];
    int fds[3];
    if (argc != 2)
        return 64;
    for (int i = 0; i < 3; i++)
        fds[i] = open(i == 1 ? argv[1] : "/dev/null", O_RDWR | O_CREAT, 0600);
    for (int i = 0; i < 100; i++)
        (void)MALLOC(33);
    int size = snprintf(text, sizeof text, "descriptors %d %d %d\n", fds[0], fds[1], fds[2]);
    if (write(fds[1], text, (size_t)size) != size)
        return 1;
    dup2(fds[1], 1);
    truth_print();
    return 0;
}
