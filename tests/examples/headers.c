/* The public headers, each first and twice, as strict C11 and C++17 programs include them. */
#include <heapline_snapshot.h>
#include <heapline.h>
#include <heapline_snapshot.h>
#include <heapline_objects.h>
#include <heapline_gc.h>
#include <heapline_objects.h>

int main(void) {
    char text[8];
    return heapline_size_text(1023, 0, text, sizeof text) != 6;
}
