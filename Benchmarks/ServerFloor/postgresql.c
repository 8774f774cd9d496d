#include "ServerFloor.h"
#include "clients.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

struct plan {
    const char *const *targets;
    int count;
    int is_pooled;
};

static const char sql[] = "SELECT Task_ID, Title, Description FROM Tasks WHERE Task_ID = $1";

static PGconn *connect_to(const char *target, int is_pooled) {
    PGconn *connection = PQconnectdb(target);
    if (PQstatus(connection) != CONNECTION_OK) {
        fprintf(stderr, "%s", PQerrorMessage(connection));
        PQfinish(connection);
        return 0;
    }
    if (is_pooled) return connection;
    PGresult *prepared = PQprepare(connection, "read", sql, 1, 0);
    int done = PQresultStatus(prepared) == PGRES_COMMAND_OK;
    PQclear(prepared);
    if (done) return connection;
    PQfinish(connection);
    return 0;
}

static int select_row(PGconn *connection, int row, int is_pooled) {
    char text[16];
    const char *values[] = {text};
    snprintf(text, sizeof text, "%d", row);
    PGresult *result = is_pooled ? PQexecParams(connection, sql, 1, 0, values, 0, 0, 0)
                                 : PQexecPrepared(connection, "read", 1, values, 0, 0, 0);
    int found = PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1 && PQgetlength(result, 0, 1) > 0;
    PQclear(result);
    return found;
}

static void *work(void *argument) {
    struct client *self = argument;
    const struct plan *plan = self->plan;
    PGconn **connections = calloc((size_t)plan->count, sizeof *connections);
    for (int i = self->number; i < plan->count && !self->failed; i += self->clients) {
        connections[i] = connect_to(plan->targets[i], plan->is_pooled);
        self->failed = !connections[i] || !select_row(connections[i], 1, plan->is_pooled);
    }
    pthread_barrier_wait(self->start);
    int target = self->number;
    for (int i = 0; i < self->selects && !self->failed; i++) {
        self->failed = !select_row(connections[target], i % 100 + 1, plan->is_pooled);
        target = next_target(self, target, plan->count);
    }
    for (int i = 0; i < plan->count; i++) PQfinish(connections[i]);
    free(connections);
    return 0;
}

double floor_postgresql_selects(const char *const *targets, int count, int clients, int selects, int is_pooled) {
    struct plan plan = {targets, count, is_pooled};
    return run_clients(clients, selects, &plan, work);
}
