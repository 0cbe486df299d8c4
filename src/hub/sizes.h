/* Numbers of bytes for people: "1.9 GB", "786 MB", decimal, as disks and downloads are sold. */
#pragma once

#include <stdint.h>

#define SIZE_TEXT 16

/* Returns `out`. */
const char *size_text(uint64_t bytes, char out[SIZE_TEXT]);
