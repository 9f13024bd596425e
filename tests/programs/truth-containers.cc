// The C++ containers: rows are the program's lines, not the library's. Each scenario runs twice,
// with an allocator that only notes (line, size) on storage of its own, which gives the truth, and
// with the standard one.
#include "truth.h"

#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

int at; // the line at work
#define AT(statement)  \
    do {               \
        at = __LINE__; \
        statement;     \
    } while (0)

alignas(64) char storage[16 << 20];
std::size_t used;

template <class T> struct noting {
    using value_type = T;
    noting() = default;
    template <class U> noting(const noting<U> &) {}
    T *allocate(std::size_t count) {
        void *block = storage + used;
        used += (count * sizeof(T) + 63) / 64 * 64;
        if (used > sizeof storage)
            abort();
        truth_enter();
        truth_allocated(__FILE__, at, block, count * sizeof(T));
        return static_cast<T *>(block);
    }
    void deallocate(T *block, std::size_t) {
        truth_release(block);
        truth_leave();
    }
    template <class U> bool operator==(const noting<U> &) const {
        return true;
    }
    template <class U> bool operator!=(const noting<U> &) const {
        return false;
    }
};

struct record {
    long key;
    char name[24];
};

template <template <class> class A> __attribute__((noinline)) void vectors() {
    std::vector<int, A<int>> numbers;
    for (int i = 0; i < 1000; i++)
        AT(numbers.push_back(i));
    std::vector<record, A<record>> records;
    AT(records.reserve(10));
    for (int i = 0; i < 100; i++)
        AT(records.emplace_back());
    AT(records.shrink_to_fit());
    AT((std::vector<record, A<record>>(records)));
}

template <template <class> class A> __attribute__((noinline)) void maps() {
    using pair = std::pair<const int, record>;
    std::map<int, record, std::less<int>, A<pair>> tree;
    for (int i = 0; i < 300; i++)
        AT(tree[i * 37 % 301]);
    for (int i = 0; i < 300; i += 3)
        tree.erase(i);
    std::unordered_map<int, record, std::hash<int>, std::equal_to<int>, A<pair>> table;
    for (int i = 0; i < 500; i++)
        AT(table[i]);
    AT(table.rehash(5000));
}

template <template <class> class A> __attribute__((noinline)) void lists() {
    std::list<record, A<record>> chain;
    for (int i = 0; i < 50; i++)
        AT(chain.push_front(record()));
    for (int i = 0; i < 20; i++)
        chain.pop_back();
}

template <template <class> class A> __attribute__((noinline)) void strings() {
    using string = std::basic_string<char, std::char_traits<char>, A<char>>;
    string text;
    for (int i = 0; i < 500; i++)
        AT(text += 'x');
    AT((void)string(text));
    AT(std::allocate_shared<record>(A<record>()));
}

template <template <class> class A> void all() {
    vectors<A>();
    maps<A>();
    lists<A>();
    strings<A>();
}

struct standard_only {
    template <class T> using type = std::allocator<T>;
};

std::vector<long> *kept_vector; // left at the end, as is the block it owns
std::unique_ptr<record[]> kept_array;

__attribute__((noinline)) void keep() {
    void *block = TAKE(new std::vector<long>, sizeof(std::vector<long>));
    kept_vector = static_cast<std::vector<long> *>(block);
    block = TAKE(new record[77], 77 * sizeof(record));
    kept_array.reset(static_cast<record *>(block));
}

} // namespace

int main() {
    all<noting>();
    all<standard_only::type>();
    keep();
    truth_print();
    kept_array.release();
}
