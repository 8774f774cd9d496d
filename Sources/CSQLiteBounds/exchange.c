#define _GNU_SOURCE
#include "CSQLiteBounds.h"

#include <fcntl.h>
#include <stdio.h>

int unify_exchange_files(const char *path, const char *other) {
    return renameat2(AT_FDCWD, path, AT_FDCWD, other, RENAME_EXCHANGE);
}
