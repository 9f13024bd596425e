// Exceptions thrown through fifty frames that own blocks; allocations go on being recorded.
#include "truth.h"

#include <stdexcept>

namespace {

struct owner {
    explicit owner(size_t size) : block(MALLOC(size)) {}
    ~owner() {
        FREE(block);
    }
    void *block;
};

__attribute__((noinline)) void descend(int depth) {
    owner own(static_cast<size_t>(depth) + 1);
    if (depth == 0)
        throw std::runtime_error("a text too long for any small-string optimisation there may be");
    descend(depth - 1);
}

} // namespace

int main() {
    int caught = 0;
    truth_unknown = TRUTH_NO_OTHERS | TRUTH_NO_PEAK | TRUTH_NO_TEMPORARY;
    for (int i = 0; i < 200; i++) {
        try {
            owner outer(500);
            descend(50);
        } catch (const std::exception &) {
            caught++;
        }
        void *after = MALLOC(25);
        if (i % 2)
            FREE(after);
    }
    truth_print();
    return caught != 200;
}
