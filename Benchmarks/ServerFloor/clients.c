#include "clients.h"

#include <stdlib.h>
#include <time.h>

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

double run_clients(int clients, int selects, const void *plan, void *(*work)(void *)) {
    struct client *all = calloc((size_t)clients, sizeof *all);
    pthread_t *ids = calloc((size_t)clients, sizeof *ids);
    pthread_barrier_t start;
    int failed = 0;
    if (!all || !ids) return -1;
    pthread_barrier_init(&start, 0, (unsigned)clients + 1);
    for (int i = 0; i < clients; i++) {
        all[i] = (struct client){i, clients, selects, 0, plan, &start};
        if (pthread_create(&ids[i], 0, work, &all[i])) return -1;
    }
    pthread_barrier_wait(&start);
    double begun = seconds();
    for (int i = 0; i < clients; i++) {
        pthread_join(ids[i], 0);
        failed |= all[i].failed;
    }
    double taken = seconds() - begun;
    pthread_barrier_destroy(&start);
    free(all);
    free(ids);
    return failed ? -1 : (double)clients * selects / taken;
}
