/* calloc and malloc of odd sizes, zero included, and what an overflowing calloc leaves: nothing. */
#include "truth.h"

static volatile size_t half = (size_t)1 << 63;

int main(void) {
    void *kept[64];
    for (size_t i = 0; i < 64; i++) {
        kept[i] = CALLOC(i, 3);
        void *zero = CALLOC(0, i);
        void *none = MALLOC(0);
        if (i % 4)
            FREE(zero);
        if (i % 8)
            FREE(none);
    }
    if (calloc(half, 4))
        abort();
    char *large = CALLOC(1000, 1000);
    for (size_t i = 0; i < 1000000; i++)
        if (large[i])
            abort();
    for (size_t i = 0; i < 64; i += 2)
        FREE(kept[i]);
    FREE(large);
    truth_unknown |= TRUTH_NO_OTHERS;
    truth_print();
    return 0;
}
