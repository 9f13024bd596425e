#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include "preload/hook.h"
#include "preload/target.h"

static int started;

static void start(void) {
    int saved = errno;
    real_init();
    target_init();
    session_start(real_window_shift());
    errno = saved;
}

void hook_start(void) {
    if (started || hook_is_early())
        return;
    started = 1;
    start();
}

__attribute__((constructor)) static void at_load(void) {
    int saved = errno;
    hook_start();
    session_loaded(dlsym(RTLD_DEFAULT, "malloc") != (void *)malloc);
    errno = saved;
}

__attribute__((destructor)) static void at_exit(void) {
    session_finish();
}
