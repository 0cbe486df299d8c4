/*
 * Scope-bound ownership.
 *
 * A local marked with owns(x_free) is released when it goes out of scope, on
 * every path.  take() moves the value out so it survives.  Each module declares
 * its own marker beside its destructor, e.g. `own_buf` in base/buf.h.
 */
#pragma once

#include <stdlib.h>

/* A local that only owns is not unused, as clang would have it. */
#define owns(destroy) __attribute__((cleanup(destroy), unused))
#define must_use      __attribute__((warn_unused_result))
#define printf_like(fmt, args) __attribute__((format(printf, fmt, args)))

#define take(ptr) ({ __typeof__(ptr) taken_ = (ptr); (ptr) = NULL; taken_; })

#define countof(array) (sizeof(array) / sizeof *(array))

static inline void free_ptr(void *p) { free(*(void **)p); }
#define own_mem owns(free_ptr)
