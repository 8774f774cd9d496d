#pragma once

#include <pthread.h>

/* One client: opens what it needs, waits for the others, and works. */
struct client {
    int number;
    int clients;
    int selects;
    int failed;
    const void *plan;
    pthread_barrier_t *start;
};

/* Runs a thread for each client and returns selects a second over all of them, or -1. */
double run_clients(int clients, int selects, const void *plan, void *(*work)(void *));

/* The databases are shared out among the clients: a client's are its number, that and the number of clients, and so on.
   Returns the next one after target, or its first one again. */
static inline int next_target(const struct client *self, int target, int count) {
    return target + self->clients < count ? target + self->clients : self->number;
}
