#pragma once

/* What the servers' own client libraries take: a thread for each client, each with connections of its own to its share of
   the databases, opened before the clock starts, and a statement prepared once on each. No more clients than databases.
   Returns selects a second over all clients, or a negative number where anything failed. */

/* targets: connection strings of libpq, one for each database. One that goes through PgBouncer needs no more of it than
   pooling by transaction: it gets the statement's text each time. */
double floor_postgresql_selects(const char *const *targets, int count, int clients, int selects, int is_pooled);

struct floor_mysql_target {
    const char *host;
    int port;
    const char *login;
    const char *password;
    const char *database;
};

double floor_mysql_selects(const struct floor_mysql_target *targets, int count, int clients, int selects);
