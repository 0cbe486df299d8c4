/* What the tools around commands share. */
#pragma once

#include <stddef.h>

/* Bytes of output that a result shows: $BASH_MAX_OUTPUT_LENGTH, else 30,000. */
size_t bash_output_bytes(void);
