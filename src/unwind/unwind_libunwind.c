/* libunwind as a back end. It is never linked: inside a C host it would take over the program's
 * _Unwind_* functions. dlopen with RTLD_LOCAL keeps its names to itself. It runs on a private
 * stack, since it needs 7-10 KB, more than a small signal stack has left. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#define UNW_LOCAL_ONLY
#include <libunwind.h>

#include "arch_context.h"
#include "arch_unwind.h"
#include "base/sys.h"
#include "unwind/unwind.h"
#include "unwind/unwind_libunwind.h"

#define TEXT(name) #name
#define SYMBOL(name) TEXT(name)

static struct {
    int (*init_local)(unw_cursor_t *, unw_context_t *);
    int (*step)(unw_cursor_t *);
    int (*get_reg)(unw_cursor_t *, int, unw_word_t *);
} lib;

int unwind_load_libunwind(void) {
    void *handle = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL)
        return -1;
    lib.step = (int (*)(unw_cursor_t *))dlsym(handle, SYMBOL(UNW_OBJ(step)));
    lib.get_reg =
        (int (*)(unw_cursor_t *, int, unw_word_t *))dlsym(handle, SYMBOL(UNW_OBJ(get_reg)));
    lib.init_local =
        (int (*)(unw_cursor_t *, unw_context_t *))dlsym(handle, SYMBOL(UNW_OBJ(init_local)));
    if (arch_context_load(handle) != 0 || !lib.step || !lib.get_reg)
        lib.init_local = NULL;
    if (lib.init_local == NULL || unwind_libunwind_answer_calls((const void *)lib.step) != 0) {
        lib.init_local = NULL;
        return -1;
    }
    return 0;
}

void unwind_libunwind_end(void) {
    lib.init_local = NULL;
}

enum { PRIVATE_STACK_SIZE = 128 << 10 };

struct job {
    unwind_visitor *visit;
    void *argument;
    unw_context_t *context;
    unw_cursor_t *cursor;
    int result;
};

static int visit_frame(struct job *job) {
    unw_word_t ip = 0, sp = 0, bp = 0;
    lib.get_reg(job->cursor, UNW_REG_IP, &ip);
    lib.get_reg(job->cursor, UNW_REG_SP, &sp);
    lib.get_reg(job->cursor, ARCH_CONTEXT_BP, &bp);
    return job->visit(job->argument, &(struct unwind_registers){arch_return_address(ip), sp, bp});
}

static void run(void *argument) {
    struct job *job = argument;
    int r = lib.init_local(job->cursor, job->context);
    job->result = 0;
    while (r >= 0 && job->result == 0 && (r = lib.step(job->cursor)) > 0)
        job->result = visit_frame(job);
    if (r < 0)
        job->result = -1;
}

/* With cancellation off: libunwind may call what is a cancellation point. */
static void run_on_stack(struct job *job, char *stack) {
    int before, saved = errno;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    arch_call_on_stack(run, job, stack + PRIVATE_STACK_SIZE);
    pthread_setcancelstate(before, NULL);
    errno = saved;
}

int unwind_is_on_private_stack(const struct unwind_thread *thread, uintptr_t at) {
    for (; thread != NULL; thread = thread->checker)
        if (at - (uintptr_t)thread->private_stack < PRIVATE_STACK_SIZE)
            return 1;
    return 0;
}

int unwind_libunwind_visit(struct unwind_thread *thread, unwind_visitor *visit, void *argument) {
    struct job *job;
    char *stack;
    if (lib.init_local == NULL)
        return -1;
    if (thread->private_stack == NULL)
        thread->private_stack = sys_pages(PRIVATE_STACK_SIZE);
    stack = thread->private_stack;
    if (stack == NULL)
        return -1;
    job = (struct job *)stack; /* at its low end, with the context and the cursor */
    job->context = (unw_context_t *)(stack + 256);
    job->cursor = (unw_cursor_t *)(stack + 256 + ((sizeof(unw_context_t) + 63) & ~63UL));
    job->visit = visit;
    job->argument = argument;
    if (ARCH_CONTEXT_TAKE(job->context) != 0)
        return -1;
    run_on_stack(job, stack);
    return job->result;
}
