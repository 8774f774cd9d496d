#include "CSQLiteBounds.h"

#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- Memory ----------------------------------------------------------------------------------------------------- */

/* SQLite's own bound of the heap counts every block under one lock for all connections. Counting large blocks alone costs
   nothing that can be measured, and hostile SQL needs large ones: the number of small ones is bounded by the number of
   columns and by the page cache. */
enum { LARGE = 256 * 1024 };

static sqlite3_mem_methods heap;
static atomic_llong large_memory;
static long long memory_limit;

static int may_take(long long bytes) {
    return atomic_load_explicit(&large_memory, memory_order_relaxed) + bytes <= memory_limit;
}

static void count_memory(long long bytes) {
    atomic_fetch_add_explicit(&large_memory, bytes, memory_order_relaxed);
}

/* A block may be larger than was asked for: what it is counts. */
static long long counted(void *block) {
    int size = heap.xSize(block);
    return size >= LARGE ? size : 0;
}

static void *bounded_malloc(int size) {
    if (size < LARGE / 2) return heap.xMalloc(size);
    if (!may_take(size)) return NULL;
    void *block = heap.xMalloc(size);
    if (block) count_memory(counted(block));
    return block;
}

static void bounded_free(void *block) {
    if (!block) return;
    long long size = counted(block);
    if (size) count_memory(-size);
    heap.xFree(block);
}

static void *bounded_realloc(void *block, int size) {
    long long old = counted(block);
    if (size >= LARGE && size > old && !may_take(size - old)) return NULL;
    void *grown = heap.xRealloc(block, size);
    if (!grown) return NULL;
    long long now = counted(grown);
    if (now != old) count_memory(now - old);
    return grown;
}

long long unify_sqlite_large_memory(void) { return atomic_load(&large_memory); }

/* ---- Temporary files -------------------------------------------------------------------------------------------- */

struct unify_sqlite_account {
    atomic_llong bytes;
    long long limit;
};

static atomic_llong temporary_bytes;
static long long temporary_limit;
static _Thread_local unify_sqlite_account *current_account;
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
    atomic_fetch_sub(&file->account->bytes, bytes);
    atomic_fetch_sub(&temporary_bytes, bytes);
}

static int take(temporary_file *file, sqlite3_int64 bytes) {
    if (!file->account) return SQLITE_OK;
    long long own = atomic_fetch_add(&file->account->bytes, bytes) + bytes;
    long long all = atomic_fetch_add(&temporary_bytes, bytes) + bytes;
    if (own <= file->account->limit && all <= temporary_limit) return SQLITE_OK;
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
    own->account = current_account;
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

unify_sqlite_account *unify_sqlite_account_open(long long bytes) {
    unify_sqlite_account *account = calloc(1, sizeof *account);
    if (account) account->limit = bytes;
    return account;
}

void unify_sqlite_account_close(unify_sqlite_account *account) {
    if (current_account == account) current_account = NULL;
    free(account);
}

void unify_sqlite_account_use(unify_sqlite_account *account) { current_account = account; }

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
