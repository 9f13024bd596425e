// A known number of allocations from C and C++, for runs under other allocators, on lines that only
// operator new or only malloc uses. Without this header's own C++ library calls in between.
#include "truth.h"

#include <map>
#include <new>
#include <string>

int main() {
    truth_unknown = TRUTH_NO_PEAK | TRUTH_NO_OTHERS;
    for (size_t i = 0; i < 2000; i++) {
        void *object = TAKE(::operator new(i + 1), i + 1);
        void *array = TAKE(::operator new[](2 * i + 1), 2 * i + 1);
        void *quiet = TAKE(::operator new(24, std::nothrow), 24);
        void *block = MALLOC(i % 50);
        block = REALLOC(block, i % 90 + 1);
        void *zeros = CALLOC(3, i % 40);
        GIVE(array, ::operator delete[](array));
        if (i % 2)
            continue;
        GIVE(object, ::operator delete(object));
        GIVE(quiet, ::operator delete(quiet, std::nothrow));
        FREE(block);
        FREE(zeros);
    }
    truth_print();
}
