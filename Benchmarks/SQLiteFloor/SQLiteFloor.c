#define _GNU_SOURCE
#include "SQLiteFloor.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int run(sqlite3 *database, const char *sql) { return sqlite3_exec(database, sql, 0, 0, 0) == SQLITE_OK; }

static sqlite3 *open_database(const char *path) {
    sqlite3 *database = 0;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    return sqlite3_open_v2(path, &database, flags, 0) == SQLITE_OK ? database : 0;
}

static sqlite3_stmt *prepare(sqlite3 *database, const char *sql) {
    sqlite3_stmt *statement = 0;
    return database && sqlite3_prepare_v2(database, sql, -1, &statement, 0) == SQLITE_OK ? statement : 0;
}

double floor_point_reads(const char *path, int reads, int rows) {
    sqlite3 *database = open_database(path);
    sqlite3_stmt *statement =
        prepare(database, "SELECT Task_ID, Title, Description FROM Tasks WHERE User_ID = 1 AND Task_ID = ?");
    long long sum = 0;
    if (!statement) return -1;
    double start = seconds();
    for (int i = 0; i < reads; i++) {
        sqlite3_bind_int(statement, 1, i % rows + 1);
        if (sqlite3_step(statement) != SQLITE_ROW) return -1;
        sum += sqlite3_column_int64(statement, 0) + sqlite3_column_bytes(statement, 1);
        sqlite3_reset(statement);
    }
    double taken = seconds() - start;
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return sum > 0 ? taken : -1;
}

double floor_cold_opens(const char *path, int opens) {
    double start = seconds();
    for (int i = 0; i < opens; i++) {
        sqlite3 *database = open_database(path);
        sqlite3_stmt *statement = prepare(database, "SELECT Title FROM Tasks WHERE Task_ID = 1");
        if (!statement || sqlite3_step(statement) != SQLITE_ROW) return -1;
        sqlite3_finalize(statement);
        sqlite3_close(database);
    }
    return seconds() - start;
}

struct inserter {
    const char *path;
    int inserts;
    pthread_barrier_t *start;
    int failed;
};

static void *insert(void *argument) {
    struct inserter *self = argument;
    sqlite3 *database = open_database(self->path);
    sqlite3_stmt *statement = 0;
    if (database && run(database, "PRAGMA synchronous=FULL")) {
        statement = prepare(
            database,
            "INSERT INTO Tasks (User_ID, Title, Priority, Is_Done, Created_Date, Updated_Date) "
            "VALUES (1, 'new', 0, 0, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')");
    }
    pthread_barrier_wait(self->start);
    self->failed = !statement;
    for (int i = 0; i < self->inserts && !self->failed; i++) {
        if (sqlite3_step(statement) != SQLITE_DONE) self->failed = 1;
        sqlite3_reset(statement);
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return 0;
}

double floor_durable_inserts(const char *const *paths, int threads, int inserts) {
    struct inserter *all = calloc((size_t)threads, sizeof *all);
    pthread_t *ids = calloc((size_t)threads, sizeof *ids);
    pthread_barrier_t start;
    int failed = !all || !ids;
    if (failed) return -1;
    pthread_barrier_init(&start, 0, (unsigned)threads + 1);
    for (int i = 0; i < threads; i++) {
        all[i] = (struct inserter){paths[i], inserts, &start, 0};
        if (pthread_create(&ids[i], 0, insert, &all[i])) return -1;
    }
    pthread_barrier_wait(&start);
    double begun = seconds();
    for (int i = 0; i < threads; i++) {
        pthread_join(ids[i], 0);
        failed |= all[i].failed;
    }
    double taken = seconds() - begun;
    pthread_barrier_destroy(&start);
    free(all);
    free(ids);
    return failed ? -1 : taken;
}

static const char *const tables[] = {
    "CREATE TABLE IF NOT EXISTS Tasks (Task_ID INTEGER PRIMARY KEY, User_ID INTEGER NOT NULL, Title TEXT NOT NULL, "
    "Description TEXT, Due_Date TEXT, Priority INTEGER, Is_Done INTEGER, Created_Date TEXT)",
    "CREATE TABLE IF NOT EXISTS Notes (Note_ID INTEGER PRIMARY KEY, User_ID INTEGER NOT NULL, Title TEXT, Body TEXT)",
    "CREATE TABLE IF NOT EXISTS Events (Event_ID INTEGER PRIMARY KEY, User_ID INTEGER NOT NULL, Title TEXT, "
    "Starts_At TEXT, Ends_At TEXT)",
};

static sqlite3 *make_database(const char *path) {
    sqlite3 *database = 0;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &database, flags, 0) != SQLITE_OK) return 0;
    return run(database, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL") ? database : 0;
}

static int make_user(sqlite3 *main_database, const char *folder, int number) {
    char path[4096], sql[5120];
    snprintf(path, sizeof path, "%s/user_%d.db", folder, number);
    snprintf(
        sql, sizeof sql,
        "BEGIN; INSERT INTO Users (Username) VALUES ('user-%d'); INSERT INTO Config (User_ID, Path) VALUES "
        "(last_insert_rowid(), '%s'); COMMIT", number, path);
    sqlite3 *database = make_database(path);
    int done = database != 0;
    for (int i = 0; i < 3 && done; i++) done = run(database, tables[i]);
    sqlite3_close(database);
    return done && run(main_database, sql);
}

double floor_make_databases(const char *folder, int count) {
    char path[4096];
    snprintf(path, sizeof path, "%s/main.db", folder);
    sqlite3 *main_database = make_database(path);
    if (!main_database
        || !run(main_database, "CREATE TABLE IF NOT EXISTS Users (User_ID INTEGER PRIMARY KEY, Username TEXT UNIQUE);"
                               "CREATE TABLE IF NOT EXISTS Config (User_ID INTEGER UNIQUE, Path TEXT)"))
        return -1;
    double start = seconds();
    for (int i = 0; i < count; i++) {
        if (!make_user(main_database, folder, i)) return -1;
    }
    double taken = seconds() - start;
    sqlite3_close(main_database);
    return taken;
}

struct file_maker {
    const char *folder;
    int first, count, size;
    int failed;
};

static int make_file(const char *folder, int number, const char *bytes, int size) {
    char bucket[4096], path[4200], link[64];
    snprintf(bucket, sizeof bucket, "%s/%02x", folder, (unsigned)number & 255);
    snprintf(path, sizeof path, "%s/user_%d.db", bucket, number);
    mkdir(bucket, 0700);
    int file = open(bucket, O_TMPFILE | O_RDWR, 0600);
    int directory = open(bucket, O_RDONLY | O_DIRECTORY);
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    int done = file >= 0 && directory >= 0 && write(file, bytes, (size_t)size) == size && fsync(file) == 0
        && linkat(AT_FDCWD, link, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0 && fsync(directory) == 0;
    close(file);
    close(directory);
    return done;
}

static void *make_files(void *argument) {
    struct file_maker *self = argument;
    char *bytes = calloc(1, (size_t)self->size);
    self->failed = !bytes;
    for (int i = 0; i < self->count && !self->failed; i++)
        self->failed = !make_file(self->folder, self->first + i, bytes, self->size);
    free(bytes);
    return 0;
}

double floor_durable_files(const char *folder, int threads, int count, int size) {
    struct file_maker *all = calloc((size_t)threads, sizeof *all);
    pthread_t *ids = calloc((size_t)threads, sizeof *ids);
    int each = count / threads, failed = 0;
    if (!all || !ids) return -1;
    double start = seconds();
    for (int i = 0; i < threads; i++) {
        all[i] = (struct file_maker){folder, i * each, each, size, 0};
        if (pthread_create(&ids[i], 0, make_files, &all[i])) return -1;
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(ids[i], 0);
        failed |= all[i].failed;
    }
    double taken = seconds() - start;
    free(all);
    free(ids);
    return failed ? -1 : taken;
}
