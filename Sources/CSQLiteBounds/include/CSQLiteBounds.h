#pragma once

/* What one connection may take, and what it has in temporary files. */
typedef struct unify_sqlite_account unify_sqlite_account;

/* The name of the VFS that counts temporary files. */
#define UNIFY_SQLITE_VFS "unify"

/* Bounds SQLite's memory and registers the VFS. The bounds are those of the process. Must come before SQLite is used in
   any other way. Returns an SQLite code. */
int unify_sqlite_bound(long long memory_bytes, long long temporary_bytes);

/* Where temporary files are made from now on: a folder that exists. */
void unify_sqlite_set_temporary_folder(const char *path);

/* memory: the most by which one statement of the connection may let SQLite's memory grow. temporary: the most that the
   connection may have in temporary files. */
unify_sqlite_account *unify_sqlite_account_open(long long memory_bytes, long long temporary_bytes);

/* When its connection is closed. */
void unify_sqlite_account_close(unify_sqlite_account *account);

/* From now on this thread runs a statement of the account's connection: it pays for memory and temporary files.
   NULL: nobody does, and there is no bound. */
void unify_sqlite_statement_begin(unify_sqlite_account *account);

/* The statement has been reset. On the thread that began it. */
void unify_sqlite_statement_end(void);

/* What is counted of the process's memory now, and its temporary files. */
long long unify_sqlite_memory(void);
long long unify_sqlite_temporary_bytes(void);

/* Lets two files change places in one step: renameat2(2), which Swift does not import. Returns 0, or -1 with errno. */
int unify_exchange_files(const char *path, const char *other);
