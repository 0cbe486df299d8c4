#include "base/random.h"

#include <assert.h>
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>

bool random_hex(char *out, size_t digits, struct error *err)
{
	unsigned char bytes[RANDOM_HEX_MAX / 2] = {0};

	assert(digits % 2 == 0 && digits <= RANDOM_HEX_MAX);
	bool ok = getentropy(bytes, digits / 2) == 0 || error_errno(err, "cannot get random bytes");
	for (size_t i = 0; i < digits / 2; i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
	return ok;
}
