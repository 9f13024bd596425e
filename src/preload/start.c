#include <errno.h>

#include "preload/hook.h"
#include "preload/real.h"

static int started;

void hook_start(void) {
    int saved = errno;
    if (started)
        return;
    started = 1;
    real_init();
    session_start(real_window_shift());
    errno = saved;
}

__attribute__((constructor)) static void at_load(void) {
    hook_start();
}

__attribute__((destructor)) static void at_exit(void) {
    session_finish();
}
