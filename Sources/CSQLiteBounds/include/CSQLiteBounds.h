#pragma once

/* What one connection has in temporary files. */
typedef struct unify_sqlite_account unify_sqlite_account;

/* The name of the VFS that counts temporary files. */
#define UNIFY_SQLITE_VFS "unify"

/* Bounds SQLite's large blocks of memory and registers the VFS. Must come before SQLite is used in any other way.
   Returns an SQLite code. */
int unify_sqlite_bound(long long memory_bytes, long long temporary_bytes);

/* Where temporary files are made from now on: a folder that exists. */
void unify_sqlite_set_temporary_folder(const char *path);

/* bytes: the most that the connection may have in temporary files. */
unify_sqlite_account *unify_sqlite_account_open(long long bytes);

/* When its connection is closed. */
void unify_sqlite_account_close(unify_sqlite_account *account);

/* Says to whom the temporary files belong that this thread opens next; NULL: to nobody, without a bound. */
void unify_sqlite_account_use(unify_sqlite_account *account);

/* What is in use now. */
long long unify_sqlite_large_memory(void);
long long unify_sqlite_temporary_bytes(void);

/* Lets two files change places in one step: renameat2(2), which Swift does not import. Returns 0, or -1 with errno. */
int unify_exchange_files(const char *path, const char *other);
