/* Numbers of bytes for people: "1.5 GB", decimal as disks and downloads are. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#define SIZE_TEXT 16

static inline const char *size_text(char out[SIZE_TEXT], uint64_t bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
	double n = (double)bytes;
	unsigned unit = 0;

	for (; n >= 999.5 && unit < 5; n /= 1000)
		unit++;
	snprintf(out, SIZE_TEXT, unit && n < 9.95 ? "%.1f %s" : "%.0f %s", n, units[unit]);
	return out;
}
