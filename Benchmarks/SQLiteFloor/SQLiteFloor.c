#include "SQLiteFloor.h"

#include <sqlite3.h>
#include <time.h>

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static sqlite3 *open_database(const char *path) {
    sqlite3 *database = 0;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(path, &database, flags, 0) != SQLITE_OK) return 0;
    sqlite3_exec(database, "PRAGMA synchronous=FULL", 0, 0, 0);
    return database;
}

double floor_point_reads(const char *path, int reads, int rows) {
    sqlite3 *database = open_database(path);
    sqlite3_stmt *statement = 0;
    const char *sql = "SELECT Task_ID, Title, Description FROM Tasks WHERE User_ID = 1 AND Task_ID = ?";
    long long sum = 0;
    if (!database || sqlite3_prepare_v2(database, sql, -1, &statement, 0) != SQLITE_OK) return -1;
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

double floor_durable_inserts(const char *path, int inserts) {
    sqlite3 *database = open_database(path);
    sqlite3_stmt *statement = 0;
    const char *sql = "INSERT INTO Tasks (User_ID, Title, Priority, Is_Done, Created_Date, Updated_Date) "
                      "VALUES (1, 'new', 0, 0, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')";
    if (!database || sqlite3_prepare_v2(database, sql, -1, &statement, 0) != SQLITE_OK) return -1;
    double start = seconds();
    for (int i = 0; i < inserts; i++) {
        if (sqlite3_step(statement) != SQLITE_DONE) return -1;
        sqlite3_reset(statement);
    }
    double taken = seconds() - start;
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return taken;
}

double floor_cold_opens(const char *path, int opens) {
    double start = seconds();
    for (int i = 0; i < opens; i++) {
        sqlite3 *database = open_database(path);
        sqlite3_stmt *statement = 0;
        if (!database) return -1;
        sqlite3_prepare_v2(database, "SELECT Title FROM Tasks WHERE Task_ID = 1", -1, &statement, 0);
        if (sqlite3_step(statement) != SQLITE_ROW) return -1;
        sqlite3_finalize(statement);
        sqlite3_close(database);
    }
    return seconds() - start;
}
