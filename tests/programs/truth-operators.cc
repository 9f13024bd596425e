// operator new and delete in every variant: plain, array, nothrow, aligned, sized.
#include "truth.h"

#include <new>

namespace {

struct alignas(64) wide {
    char bytes[128];
};

struct counted {
    counted() : value(1) {}
    ~counted() {
        value = 0;
    }
    long value;
};

struct throwing {
    throwing() {
        throw 1;
    }
    long value[9];
};

constexpr std::align_val_t alignment{128};

} // namespace

int main() {
    for (int i = 0; i < 20; i++) {
        void *plain = TAKE(::operator new(40), 40);
        void *array = TAKE(::operator new[](41), 41);
        void *quiet = TAKE(::operator new(42, std::nothrow), 42);
        void *quiet_array = TAKE(::operator new[](43, std::nothrow), 43);
        void *aligned = TAKE(::operator new(256, alignment), 256);
        void *aligned_array = TAKE(::operator new[](384, alignment), 384);
        void *aligned_quiet = TAKE(::operator new(512, alignment, std::nothrow), 512);
        void *empty = TAKE(::operator new(0), 0); // libstdc++ asks malloc for one byte
        void *empty_array = TAKE(::operator new[](0, std::nothrow), 0);
        void *part = TAKE(::operator new(10, alignment), 10); // and for whole alignments
        void *quiet_part = TAKE(::operator new[](130, alignment, std::nothrow), 130);
        GIVE(array, ::operator delete[](array));
        if (i % 2)
            continue;
        GIVE(plain, ::operator delete(plain, 40));
        GIVE(quiet, ::operator delete(quiet, std::nothrow));
        GIVE(quiet_array, ::operator delete[](quiet_array, std::nothrow));
        GIVE(aligned, ::operator delete(aligned, alignment));
        GIVE(aligned_array, ::operator delete[](aligned_array, 384, alignment));
        GIVE(aligned_quiet, ::operator delete(aligned_quiet, alignment, std::nothrow));
        GIVE(empty, ::operator delete(empty));
        GIVE(empty_array, ::operator delete[](empty_array));
        GIVE(part, ::operator delete(part, alignment));
        GIVE(quiet_part, ::operator delete[](quiet_part, alignment));
    }
    wide *one = static_cast<wide *>(TAKE(new wide, sizeof(wide)));
    wide *many = static_cast<wide *>(TAKE(new wide[3], 3 * sizeof(wide)));
    void *cookie = TAKE(reinterpret_cast<char *>(new counted[5]) - 8, 8 + 5 * sizeof(counted));
    GIVE(one, delete one);
    GIVE(many, delete[] many);
    GIVE(cookie, delete[] reinterpret_cast<counted *>(static_cast<char *>(cookie) + 8));
    truth_unknown = TRUTH_NO_OTHERS; // the exception's block and the object it undid
    for (int i = 0; i < 10; i++) {
        try {
            delete new throwing;
        } catch (int) {
        }
        void *after = TAKE(::operator new(60), 60);
        GIVE(after, ::operator delete(after));
    }
    truth_print();
}
