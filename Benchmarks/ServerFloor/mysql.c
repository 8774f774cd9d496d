#include "ServerFloor.h"
#include "clients.h"

#include <mysql.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct plan {
    const struct floor_mysql_target *targets;
    int count;
};

/* One connection with its statement, and where that puts what it reads. */
struct reader {
    MYSQL *connection;
    MYSQL_STMT *statement;
    int row;
    long long id;
    char title[500];
    char description[500];
    MYSQL_BIND parameter;
    MYSQL_BIND columns[3];
};

static const char sql[] = "SELECT Task_ID, Title, Description FROM Tasks WHERE Task_ID = ?";

static int open_reader(struct reader *reader, const struct floor_mysql_target *target) {
    reader->connection = mysql_init(0);
    if (!mysql_real_connect(
            reader->connection, target->host, target->login, target->password, target->database,
            (unsigned)target->port, 0, 0)) {
        fprintf(stderr, "%s\n", mysql_error(reader->connection));
        return 0;
    }
    reader->statement = mysql_stmt_init(reader->connection);
    if (mysql_stmt_prepare(reader->statement, sql, sizeof sql - 1)) return 0;
    reader->parameter = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONG, .buffer = &reader->row};
    reader->columns[0] = (MYSQL_BIND){.buffer_type = MYSQL_TYPE_LONGLONG, .buffer = &reader->id};
    reader->columns[1] =
        (MYSQL_BIND){.buffer_type = MYSQL_TYPE_STRING, .buffer = reader->title, .buffer_length = sizeof reader->title};
    reader->columns[2] = (MYSQL_BIND){
        .buffer_type = MYSQL_TYPE_STRING, .buffer = reader->description, .buffer_length = sizeof reader->description};
    return !mysql_stmt_bind_param(reader->statement, &reader->parameter)
        && !mysql_stmt_bind_result(reader->statement, reader->columns);
}

static int select_row(struct reader *reader, int row) {
    reader->row = row;
    if (mysql_stmt_execute(reader->statement) || mysql_stmt_store_result(reader->statement)) return 0;
    int found = mysql_stmt_fetch(reader->statement) == 0 && reader->id == row;
    mysql_stmt_free_result(reader->statement);
    return found;
}

static void *work(void *argument) {
    struct client *self = argument;
    const struct plan *plan = self->plan;
    struct reader *readers = calloc((size_t)plan->count, sizeof *readers);
    mysql_thread_init();
    for (int i = self->number; i < plan->count && !self->failed; i += self->clients) {
        self->failed = !open_reader(&readers[i], &plan->targets[i]) || !select_row(&readers[i], 1);
    }
    pthread_barrier_wait(self->start);
    int target = self->number;
    for (int i = 0; i < self->selects && !self->failed; i++) {
        self->failed = !select_row(&readers[target], i % 100 + 1);
        target = next_target(self, target, plan->count);
    }
    for (int i = 0; i < plan->count; i++) {
        if (readers[i].statement) mysql_stmt_close(readers[i].statement);
        if (readers[i].connection) mysql_close(readers[i].connection);
    }
    free(readers);
    mysql_thread_end();
    return 0;
}

double floor_mysql_selects(const struct floor_mysql_target *targets, int count, int clients, int selects) {
    struct plan plan = {targets, count};
    return run_clients(clients, selects, &plan, work);
}
