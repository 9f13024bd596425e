// bad_alloc thrown by operator new and caught, with and without a new_handler that frees something;
// what comes after is still recorded.
#include "truth.h"

#include <cstdio>
#include <new>
#include <vector>

namespace {

volatile std::size_t huge = std::size_t(1) << 46;
char *volatile got; // what is assigned to it is not optimised away
int handled;

void handler() {
    handled++;
    std::set_new_handler(nullptr);
}

__attribute__((noinline)) bool refused(int how) {
    try {
        if (how == 0)
            got = static_cast<char *>(::operator new(huge));
        else if (how == 1)
            got = new char[huge];
        else if (how == 2)
            std::vector<char>().reserve(huge);
        else
            return !::operator new(huge, std::nothrow);
    } catch (const std::bad_alloc &) {
        return true;
    }
    return false;
}

} // namespace

int main() {
    int count = 0;
    truth_unknown = TRUTH_NO_PEAK | TRUTH_NO_OTHERS;
    for (int i = 0; i < 100; i++) {
        std::set_new_handler(i % 10 ? nullptr : handler);
        count += refused(i % 4);
        truth_lost += i % 10 ? 1 : 2; // the handler makes operator new ask again
        void *after = TAKE(::operator new(70), 70);
        if (i % 2)
            GIVE(after, ::operator delete(after));
    }
    std::printf("refused %d, handled %d\n", count, handled);
    std::fflush(stdout);
    truth_print();
}
