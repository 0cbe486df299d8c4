#include "hub/sizes.h"

#include <stdio.h>

#include "base/cleanup.h"

const char *size_text(uint64_t bytes, char out[SIZE_TEXT])
{
	static const struct { uint64_t unit; const char *name; } units[] = {
		{ 1000000000, "GB" }, { 1000000, "MB" }, { 1000, "kB" },
	};

	for (size_t i = 0; i < countof(units); i++) {
		double value = (double)bytes / (double)units[i].unit;
		if (value >= 0.95) {
			snprintf(out, SIZE_TEXT, value < 9.95 && i == 0 ? "%.1f %s" : "%.0f %s", value, units[i].name);
			return out;
		}
	}
	snprintf(out, SIZE_TEXT, "%u bytes", (unsigned)bytes);
	return out;
}
