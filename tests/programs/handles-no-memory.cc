// A new_handler that throws, jumps away or ends its thread is called as often as without us, and
// what comes after is still recorded.
#include "truth.h"

#include <csetjmp>
#include <cstdio>
#include <new>
#include <pthread.h>

namespace {

// Part of an alignment, which the runtime rounds up.
volatile std::size_t huge = (std::size_t(1) << 62) + 1;
constexpr std::align_val_t alignment{64};
void *volatile got; // what is assigned to it is not optimised away
std::jmp_buf before;
int handled;

void throws() {
    handled++;
    throw std::bad_alloc();
}

void jumps() {
    handled++;
    std::longjmp(before, 1);
}

void ends_thread() {
    handled++;
    pthread_exit(nullptr);
}

void *ask(void *) {
    got = ::operator new(huge, alignment);
    return nullptr;
}

void expect_bad_alloc() {
    try {
        ask(nullptr);
    } catch (const std::bad_alloc &) {
        std::puts("bad_alloc");
    }
}

void take_one() {
    void *block = TAKE(::operator new(50, alignment), 50);
    GIVE(block, ::operator delete(block, alignment));
}

} // namespace

int main() {
    truth_unknown = TRUTH_NO_PEAK | TRUTH_NO_OTHERS;
    truth_lost = 3;
    std::set_new_handler(throws);
    expect_bad_alloc();
    std::set_new_handler(jumps);
    if (setjmp(before) == 0)
        ask(nullptr);
    std::set_new_handler(ends_thread);
    pthread_t thread;
    pthread_create(&thread, nullptr, ask, nullptr);
    pthread_join(thread, nullptr);
    std::set_new_handler(nullptr);
    for (int i = 0; i < 100; i++)
        take_one();
    std::printf("handled %d\n", handled);
    std::fflush(stdout);
    truth_print();
}
