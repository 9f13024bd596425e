// A program with an operator new of its own, which cuts blocks from pieces that malloc makes: what
// the operators make of a request for nothing, or for part of an alignment, are the program's
// pieces.
#include "truth.h"

#include <new>

namespace {

constexpr size_t piece_size = 4096, room = 64;
char *piece;
size_t used = piece_size;

APART void *cut() {
    if (used + room > piece_size) {
        piece = static_cast<char *>(MALLOC(piece_size));
        used = 0;
    }
    used += room;
    return piece + used - room;
}

} // namespace

void *operator new(size_t) {
    return cut();
}

void operator delete(void *) noexcept {}

void operator delete(void *, size_t) noexcept {}

int main() {
    for (int i = 0; i < 1000; i++) {
        delete[] static_cast<char *>(::operator new[](0, std::nothrow));
        delete static_cast<char *>(::operator new(0, std::nothrow));
    }
    truth_print();
}
