/*
 * A download of the daemon's in one line, from the `download` of its /v1/status.
 */
#pragma once

#include "base/json.h"

#define DOWNLOAD_LINE 700

/*
 * "fetching qwen2.5-coder-1.5b: 42 %, …", "… is here", "… could not be fetched: …";
 * "" when there is none, or it was cancelled.  Whether one is under way.
 */
bool download_line(const json_t *status, char out[DOWNLOAD_LINE]);
