// A C++ program of the usual kind: containers of strings and shared objects, virtual calls,
// recursion and inlined templates; three million allocations on some forty call paths.
#include <cstdio>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

struct entry {
    virtual ~entry() = default;
    virtual std::string describe(int depth) const = 0;
};

struct book final : entry {
    std::string title, author;
    std::vector<int> years;
    explicit book(unsigned seed)
        : title("title of the book number " + std::to_string(seed)),
          author("author with the number " + std::to_string(seed % 97)) {
        for (unsigned i = 0; i < seed % 7; i++)
            years.push_back(static_cast<int>(1900 + i));
    }
    std::string describe(int) const override {
        return title + " by " + author +
               (years.empty() ? "" : " since " + std::to_string(years[0]));
    }
};

struct shelf final : entry {
    std::list<std::shared_ptr<entry>> entries;
    std::string describe(int depth) const override {
        std::string all;
        for (const auto &one : entries)
            all +=
                std::string(static_cast<std::size_t>(depth), ' ') + one->describe(depth + 1) + "\n";
        return all;
    }
};

std::shared_ptr<shelf> make_shelf(unsigned seed, int depth) {
    auto result = std::make_shared<shelf>();
    for (unsigned i = 0; i < 6; i++)
        if (depth > 0)
            result->entries.push_back(make_shelf(seed * 6 + i, depth - 1));
        else
            result->entries.push_back(std::make_shared<book>(seed * 6 + i));
    return result;
}

struct index {
    std::map<std::string, std::vector<std::string>> by_author;
    std::unordered_map<std::string, std::function<std::string()>> actions;

    void add(const book &one) {
        by_author[one.author].push_back(one.title);
        std::string copy = one.title;
        actions[one.title] = [copy] { return copy + "!"; };
    }
};

std::size_t use(unsigned seed) {
    index titles;
    std::size_t sum = 0;
    for (unsigned i = 0; i < 2000; i++)
        titles.add(book(seed * 1000 + i));
    for (const auto &action : titles.actions)
        sum += action.second().size();
    return sum + titles.by_author.size();
}

} // namespace

int main() {
    std::size_t sum = make_shelf(0, 4)->describe(0).size();
    for (unsigned i = 0; i < 120; i++)
        sum += use(i);
    std::printf("%zu\n", sum);
    return 0;
}
