/* A robots.txt after the path asked for: letters' case, and the ends of lines, change nothing. */
#include <assert.h>
#include <ctype.h>
#include <stdint.h>

#include "base/mem.h"
#include "tool/robots.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size }, path = {0};

	if (!str_split(&rest, '\n', &path))
		return 0;
	bool allowed = robots_allow(rest, ROBOTS_TOKEN, path);
	assert(robots_allow(rest, "sHAMMAh", path) == allowed);
	assert(robots_allow(rest, ROBOTS_TOKEN, (struct str)STR("/robots.txt")));
	own_mem char *copy = mem_strndup(rest.p, rest.n);
	for (size_t i = 0; i < rest.n; i++)
		if (copy[i] == '\n')
			copy[i] = '\r';
	assert(robots_allow((struct str){ copy, rest.n }, ROBOTS_TOKEN, path) == allowed);
	return 0;
}
