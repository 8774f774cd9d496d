#pragma once

#include <sqlite3.h>

/* Variadic, which Swift cannot call. */
static inline int unify_sqlite3_db_config_flag(sqlite3 *db, int option, int on) {
    return sqlite3_db_config(db, option, on, (int *)0);
}

/* SQLITE_TRANSIENT and SQLITE_STATIC are casts, which Swift does not import. */
static inline int unify_sqlite3_bind_text(sqlite3_stmt *statement, int index, const char *text, sqlite3_uint64 length) {
    return sqlite3_bind_text64(statement, index, text, length, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int unify_sqlite3_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, sqlite3_uint64 length) {
    return sqlite3_bind_blob64(statement, index, bytes, length, SQLITE_TRANSIENT);
}

#ifdef __linux__
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

/* open is variadic. */
static inline int unify_sqlite_open(const char *path, int flags, int mode) { return open(path, flags, mode); }

/* Tells of what is written in a folder; read without waiting. */
static inline int unify_inotify(const char *folder) {
    int descriptor = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (descriptor >= 0 && inotify_add_watch(descriptor, folder, IN_MODIFY | IN_MOVED_TO | IN_CREATE) < 0) {
        close(descriptor);
        return -1;
    }
    return descriptor;
}

static inline int unify_sqlite_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static inline int unify_sqlite_eventfd_raise(int descriptor) { return eventfd_write(descriptor, 1); }
#endif
