/* Whether a file holds what its hash says.  Internal to hub/. */
#pragma once

#include "base/cancel.h"
#include "hub/hub.h"

enum check_result { CHECK_GOOD, CHECK_DAMAGED, CHECK_UNKNOWN, CHECK_FAILED };

/* The file's first `size` bytes; CHECK_DAMAGED also when there are fewer. */
enum check_result check_file(const char *path, uint64_t size, const char *hash, struct cancel *cancel,
	struct error *err) must_use;
