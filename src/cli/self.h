/* The path of the running program; the caller frees. */
#pragma once

#include "base/error.h"

char *self_path(struct error *err) must_use;
