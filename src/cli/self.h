/* The running program, and starting it again. */
#pragma once

#include "base/error.h"

/* The path of the running program; the caller frees. */
char *self_path(struct error *err) must_use;
