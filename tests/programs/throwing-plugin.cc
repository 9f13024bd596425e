// Loaded by loads-throwing-plugin, a C program: throws inside, and tells whose unwinder it got.
#include <dlfcn.h>
#include <stdexcept>
#include <string>
#include <unwind.h>

static volatile int made;

struct counted {
    long value[4];
};

static __attribute__((noinline)) void throw_from(int depth) {
    std::string text(static_cast<size_t>(depth) + 100, 'x');
    if (depth == 0)
        throw std::runtime_error(text);
    throw_from(depth - 1);
}

extern "C" int plugin_caught(int depth) {
    try {
        throw_from(depth);
    } catch (const std::exception &error) {
        return static_cast<int>(std::string(error.what()).size());
    }
    return -1;
}

extern "C" const char *plugin_unwinder() {
    Dl_info found;
    return dladdr(reinterpret_cast<void *>(&_Unwind_RaiseException), &found) ? found.dli_fname : "";
}

extern "C" void *plugin_new(int *line) {
    *line = __LINE__ + 1;
    void *block = new counted;
    made++; // so that the call is no jump
    return block;
}

extern "C" void plugin_delete(void *block) {
    delete static_cast<counted *>(block);
}
