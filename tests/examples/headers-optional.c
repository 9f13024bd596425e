/* The public headers of a program that is linked with neither library. */
#define HEAPLINE_OPTIONAL
#include <heapline_snapshot.h>

int main(void) {
    return heapline_take_snapshot != NULL || heapline_start != NULL;
}
