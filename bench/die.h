/* A bench that cannot go on says why. */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

static inline _Noreturn void die(const struct error *err)
{
	fprintf(stderr, "bench: %s\n", err->text);
	exit(1);
}
