#include "text/unicode.h"

#include <string.h>

size_t unicode_ascii(const char *s, size_t n)
{
	size_t i = 0;

	for (uint64_t word; i + sizeof word <= n; i += sizeof word) {
		memcpy(&word, s + i, sizeof word);
		if (word & 0x8080808080808080u)
			break;
	}
	while (i < n && (unsigned char)s[i] < 0x80)
		i++;
	return i;
}
