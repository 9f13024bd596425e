// thread_local and static objects whose constructors and destructors allocate.
#include "truth.h"

#include <pthread.h>

namespace {

struct holder {
    holder() : block(MALLOC(111)) {}
    ~holder() {
        FREE(block);
        late = MALLOC(222);
    }
    void *block;
    static void *late;
};

void *holder::late;
thread_local holder local;

struct printer {
    ~printer() {
        truth_print();
    }
};

printer last; // constructed first, destroyed last
holder global;

void *touch(void *) {
    return local.block;
}

} // namespace

int main() {
    truth_serial = 1;
    truth_unknown = TRUTH_NO_PEAK | TRUTH_NO_TEMPORARY; // registering a destructor allocates
    for (int i = 0; i < 6; i++) {
        pthread_t thread;
        pthread_create(&thread, nullptr, touch, nullptr);
        pthread_join(thread, nullptr);
    }
    return touch(nullptr) == nullptr;
}
