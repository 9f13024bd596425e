/* A runtime for each thread, and one that is handed over. */
#include "gc-example.h"
#include <pthread.h>

enum { CYCLES = 10000 };

static void make_cycles(struct hgc_runtime *rt) {
    for (int i = 0; i < CYCLES; i++) {
        struct hgc_object *list = need(rt, hgc_list_new(rt, NULL, 0));
        done(rt, hgc_list_append(list, list));
        hgc_decref(list);
    }
}

/* A runtime of its own: nothing is shared, nothing is locked. */
static void *work_alone(void *arg) {
    struct hgc_runtime *rt = need_runtime();
    struct hgc_stats stats[3];
    make_cycles(rt);
    done(rt, hgc_collect(rt, 2));
    hgc_get_stats(rt, stats);
    *(int64_t *)arg = (int64_t)(stats[0].collected + stats[1].collected + stats[2].collected);
    hgc_runtime_free(rt);
    return NULL;
}

/* The one who made this runtime has detached it. */
static void *take_over(void *arg) {
    struct hgc_runtime *rt = arg;
    if (hgc_runtime_attach(rt))
        return NULL;
    hgc_disable(rt);
    make_cycles(rt);
    hgc_runtime_detach(rt);
    return rt;
}

static pthread_t start(void *(*work)(void *arg), void *arg) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, arg)) {
        perror("pthread_create");
        exit(1);
    }
    return thread;
}

int main(void) {
    int64_t collected[2] = {0, 0};
    pthread_t alone[2];
    for (int i = 0; i < 2; i++)
        alone[i] = start(work_alone, &collected[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(alone[i], NULL);
    printf("two runtimes: %d and %d collected\n", (int)collected[0], (int)collected[1]);

    struct hgc_runtime *rt = need_runtime();
    void *taken;
    hgc_runtime_detach(rt);
    pthread_join(start(take_over, rt), &taken);
    printf("handed over: %s\n", taken == rt ? "yes" : "no");
    if (hgc_runtime_attach(rt))
        return 1;
    printf("and back: %d collected\n", (int)done(rt, hgc_collect(rt, 2)));
    return hgc_runtime_free(rt) != 0;
}
