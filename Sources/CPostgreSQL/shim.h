#pragma once

#include <libpq-fe.h>
#include <sys/eventfd.h>

/* Flags that Swift imports as an enumeration of its own, and a call that its C library module leaves out. */
static inline int unify_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

static inline int unify_eventfd_raise(int descriptor) { return eventfd_write(descriptor, 1); }
