#include "CSQLiteBounds.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Memory ----------------------------------------------------------------------------------------------------- */

/* SQLite's own bound of the heap counts every block under one lock for all connections. Here two numbers are kept:

   - A statement's own count, on its thread alone, of every block. SQLite runs a statement on the thread that called it.
   - The process's count, in one atomic number. Blocks of at least LARGE bytes enter it one by one. The smaller blocks of
     a statement enter it in steps: a statement reserves STEP bytes when it needs them, and its first STEP bytes are
     free. So an ordinary statement touches no atomic number at all. */
enum { LARGE = 256 * 1024, STEP = 4 * 1024 * 1024 };

struct unify_sqlite_account {
    atomic_llong temporary_bytes;
    long long temporary_limit;
    long long memory_limit;
};

static sqlite3_mem_methods heap;
static atomic_llong counted_memory;
static long long memory_limit;

/* The statement that runs on this thread. `small` and `large` are never below zero, since blocks of earlier statements
   are freed, too. They are at least what the heap has grown by since the statement began, and at most the bytes of the
   living blocks that it has allocated. `small` may grow up to `reserved`; without an account it has no limit. */
static _Thread_local struct {
    unify_sqlite_account *account;
    long long small;
    long long large;
    long long reserved;
} statement = {.reserved = LLONG_MAX};

static int is_large(long long bytes) { return bytes >= LARGE; }

static void count_memory(long long bytes) {
    atomic_fetch_add_explicit(&counted_memory, bytes, memory_order_relaxed);
}

static long long not_negative(long long bytes) { return bytes > 0 ? bytes : 0; }

static long long in_steps(long long bytes) { return bytes <= STEP ? STEP : (bytes + STEP - 1) / STEP * STEP; }

/* Gives back what the statement has reserved and no longer needs. */
static void settle(void) {
    long long needed = in_steps(statement.small);
    if (!statement.account || needed >= statement.reserved) return;
    count_memory(needed - statement.reserved);
    statement.reserved = needed;
}

/* Whether the statement may have this many bytes in small blocks. */
static int reserve(long long bytes) {
    long long needed = in_steps(bytes);
    if (needed + statement.large > statement.account->memory_limit) return 0;
    long long more = needed - statement.reserved;
    if (atomic_fetch_add_explicit(&counted_memory, more, memory_order_relaxed) + more > memory_limit) {
        count_memory(-more);
        return 0;
    }
    statement.reserved = needed;
    return 1;
}

static int may_take_small(long long bytes) {
    return statement.small + bytes <= statement.reserved || reserve(statement.small + bytes);
}

static int may_take_large(long long bytes) {
    settle();
    if (statement.account && statement.reserved + statement.large + bytes > statement.account->memory_limit) return 0;
    return atomic_load_explicit(&counted_memory, memory_order_relaxed) + bytes <= memory_limit;
}

static void take_block(long long bytes) {
    if (is_large(bytes)) {
        statement.large += bytes;
        count_memory(bytes);
    } else {
        statement.small += bytes;
    }
}

static void give_back_block(long long bytes) {
    if (is_large(bytes)) {
        statement.large = not_negative(statement.large - bytes);
        count_memory(-bytes);
    } else {
        statement.small = not_negative(statement.small - bytes);
    }
}

/* A block may be larger than was asked for: what it is counts. */
static void *bounded_malloc(int size) {
    if (!(is_large(size) ? may_take_large(size) : may_take_small(size))) return NULL;
    void *block = heap.xMalloc(size);
    if (block) take_block(heap.xSize(block));
    return block;
}

static void bounded_free(void *block) {
    if (!block) return;
    give_back_block(heap.xSize(block));
    heap.xFree(block);
}

static void *bounded_realloc(void *block, int size) {
    int old = heap.xSize(block);
    if (size > old) {
        /* A block that becomes large leaves the small ones only once it has moved. */
        long long more = is_large(size) && !is_large(old) ? size : size - old;
        if (!(is_large(size) ? may_take_large(more) : may_take_small(more))) return NULL;
    }
    void *grown = heap.xRealloc(block, size);
    if (!grown) return NULL;
    give_back_block(old);
    take_block(heap.xSize(grown));
    return grown;
}

void unify_sqlite_statement_begin(unify_sqlite_account *account) {
    unify_sqlite_statement_end();
    if (!account) return;
    statement.account = account;
    statement.small = 0;
    statement.large = 0;
    statement.reserved = STEP;
}

void unify_sqlite_statement_end(void) {
    if (!statement.account) return;
    count_memory(STEP - statement.reserved);
    statement.account = NULL;
    statement.reserved = LLONG_MAX;
}

long long unify_sqlite_memory(void) { return atomic_load(&counted_memory); }

/* ---- Temporary files -------------------------------------------------------------------------------------------- */

static atomic_llong temporary_bytes;
static long long temporary_limit;
static char temporary_folder[400];
static atomic_int has_folder;
static atomic_ullong next_name;

typedef struct {
    sqlite3_file base;
    unify_sqlite_account *account;
    sqlite3_int64 size;
    /* NULL where the system chose it. */
    char *name;
} temporary_file;

enum { HEAD = (sizeof(temporary_file) + 15) / 16 * 16 };

static sqlite3_file *real_file(sqlite3_file *file) { return (sqlite3_file *)((char *)file + HEAD); }

static void give_back(temporary_file *file, sqlite3_int64 bytes) {
    if (!file->account) return;
    atomic_fetch_sub(&file->account->temporary_bytes, bytes);
    atomic_fetch_sub(&temporary_bytes, bytes);
}

static int take(temporary_file *file, sqlite3_int64 bytes) {
    if (!file->account) return SQLITE_OK;
    long long own = atomic_fetch_add(&file->account->temporary_bytes, bytes) + bytes;
    long long all = atomic_fetch_add(&temporary_bytes, bytes) + bytes;
    if (own <= file->account->temporary_limit && all <= temporary_limit) return SQLITE_OK;
    give_back(file, bytes);
    return SQLITE_FULL;
}

static int temporary_close(sqlite3_file *file) {
    temporary_file *own = (temporary_file *)file;
    int code = real_file(file)->pMethods->xClose(real_file(file));
    give_back(own, own->size);
    free(own->name);
    return code;
}

static int temporary_read(sqlite3_file *file, void *buffer, int count, sqlite3_int64 offset) {
    return real_file(file)->pMethods->xRead(real_file(file), buffer, count, offset);
}

static int temporary_write(sqlite3_file *file, const void *buffer, int count, sqlite3_int64 offset) {
    temporary_file *own = (temporary_file *)file;
    if (offset + count > own->size) {
        int code = take(own, offset + count - own->size);
        if (code != SQLITE_OK) return code;
        own->size = offset + count;
    }
    return real_file(file)->pMethods->xWrite(real_file(file), buffer, count, offset);
}

static int temporary_truncate(sqlite3_file *file, sqlite3_int64 size) {
    temporary_file *own = (temporary_file *)file;
    int code = real_file(file)->pMethods->xTruncate(real_file(file), size);
    if (code == SQLITE_OK && size < own->size) {
        give_back(own, own->size - size);
        own->size = size;
    }
    return code;
}

static int temporary_sync(sqlite3_file *file, int flags) {
    return real_file(file)->pMethods->xSync(real_file(file), flags);
}

static int temporary_size(sqlite3_file *file, sqlite3_int64 *size) {
    return real_file(file)->pMethods->xFileSize(real_file(file), size);
}

static int temporary_lock(sqlite3_file *file, int level) {
    return real_file(file)->pMethods->xLock(real_file(file), level);
}

static int temporary_unlock(sqlite3_file *file, int level) {
    return real_file(file)->pMethods->xUnlock(real_file(file), level);
}

static int temporary_reserved(sqlite3_file *file, int *is_reserved) {
    return real_file(file)->pMethods->xCheckReservedLock(real_file(file), is_reserved);
}

static int temporary_control(sqlite3_file *file, int operation, void *argument) {
    /* A hint would take room before it is counted. */
    if (operation == SQLITE_FCNTL_SIZE_HINT) return SQLITE_OK;
    return real_file(file)->pMethods->xFileControl(real_file(file), operation, argument);
}

static int temporary_sector(sqlite3_file *file) { return real_file(file)->pMethods->xSectorSize(real_file(file)); }

static int temporary_device(sqlite3_file *file) {
    return real_file(file)->pMethods->xDeviceCharacteristics(real_file(file));
}

/* Version 1: without shared memory and without mapping, which would write past the count. */
static const sqlite3_io_methods temporary_methods = {
    .iVersion = 1,
    .xClose = temporary_close,
    .xRead = temporary_read,
    .xWrite = temporary_write,
    .xTruncate = temporary_truncate,
    .xSync = temporary_sync,
    .xFileSize = temporary_size,
    .xLock = temporary_lock,
    .xUnlock = temporary_unlock,
    .xCheckReservedLock = temporary_reserved,
    .xFileControl = temporary_control,
    .xSectorSize = temporary_sector,
    .xDeviceCharacteristics = temporary_device,
};

static sqlite3_vfs *real_vfs(sqlite3_vfs *vfs) { return (sqlite3_vfs *)vfs->pAppData; }

/* The files of databases are the system's own from then on; those of statements are counted. */
static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags) {
    sqlite3_vfs *real = real_vfs(vfs);
    int kinds = SQLITE_OPEN_TEMP_DB | SQLITE_OPEN_TRANSIENT_DB | SQLITE_OPEN_TEMP_JOURNAL | SQLITE_OPEN_SUBJOURNAL;
    if (!(flags & kinds)) return real->xOpen(real, name, file, flags, out_flags);
    temporary_file *own = (temporary_file *)file;
    memset(own, 0, HEAD + (size_t)real->szOsFile);
    if (!name && atomic_load(&has_folder)) {
        /* Zeroed: SQLite reads on behind the end of a name. */
        own->name = calloc(1, sizeof temporary_folder + 64);
        if (!own->name) return SQLITE_NOMEM;
        sprintf(own->name, "%s/sqlite-%ld-%llu", temporary_folder, (long)getpid(),
                (unsigned long long)atomic_fetch_add(&next_name, 1));
        name = own->name;
    }
    int code = real->xOpen(real, name, real_file(file), flags, out_flags);
    if (code != SQLITE_OK) {
        free(own->name);
        return code;
    }
    own->account = statement.account;
    own->base.pMethods = &temporary_methods;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync) {
    return real_vfs(vfs)->xDelete(real_vfs(vfs), name, sync);
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *result) {
    return real_vfs(vfs)->xAccess(real_vfs(vfs), name, flags, result);
}

static int vfs_path(sqlite3_vfs *vfs, const char *name, int size, char *path) {
    return real_vfs(vfs)->xFullPathname(real_vfs(vfs), name, size, path);
}

static int vfs_randomness(sqlite3_vfs *vfs, int size, char *bytes) {
    return real_vfs(vfs)->xRandomness(real_vfs(vfs), size, bytes);
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) { return real_vfs(vfs)->xSleep(real_vfs(vfs), microseconds); }

static int vfs_time(sqlite3_vfs *vfs, double *now) { return real_vfs(vfs)->xCurrentTime(real_vfs(vfs), now); }

static int vfs_error(sqlite3_vfs *vfs, int size, char *text) {
    return real_vfs(vfs)->xGetLastError(real_vfs(vfs), size, text);
}

static int vfs_time64(sqlite3_vfs *vfs, sqlite3_int64 *now) {
    return real_vfs(vfs)->xCurrentTimeInt64(real_vfs(vfs), now);
}

static sqlite3_vfs bounded_vfs = {
    .iVersion = 2,
    .zName = UNIFY_SQLITE_VFS,
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_path,
    .xRandomness = vfs_randomness,
    .xSleep = vfs_sleep,
    .xCurrentTime = vfs_time,
    .xGetLastError = vfs_error,
    .xCurrentTimeInt64 = vfs_time64,
};

void unify_sqlite_set_temporary_folder(const char *path) {
    if (strlen(path) >= sizeof temporary_folder || atomic_load(&has_folder)) return;
    strcpy(temporary_folder, path);
    atomic_store(&has_folder, 1);
}

unify_sqlite_account *unify_sqlite_account_open(long long memory, long long temporary) {
    unify_sqlite_account *account = calloc(1, sizeof *account);
    if (!account) return NULL;
    account->memory_limit = memory;
    account->temporary_limit = temporary;
    return account;
}

void unify_sqlite_account_close(unify_sqlite_account *account) {
    if (statement.account == account) unify_sqlite_statement_end();
    free(account);
}

long long unify_sqlite_temporary_bytes(void) { return atomic_load(&temporary_bytes); }

/* ---- Both ------------------------------------------------------------------------------------------------------- */

int unify_sqlite_bound(long long memory_bytes, long long temporary) {
    memory_limit = memory_bytes;
    temporary_limit = temporary;
    /* Without effect where SQLite was used before. */
    if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &heap) == SQLITE_OK) {
        sqlite3_mem_methods methods = heap;
        methods.xMalloc = bounded_malloc;
        methods.xFree = bounded_free;
        methods.xRealloc = bounded_realloc;
        sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
        sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    }
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    if (!real) return SQLITE_ERROR;
    bounded_vfs.szOsFile = HEAD + real->szOsFile;
    bounded_vfs.mxPathname = real->mxPathname;
    bounded_vfs.pAppData = real;
    return sqlite3_vfs_register(&bounded_vfs, 0);
}
