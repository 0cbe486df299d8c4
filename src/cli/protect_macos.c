#include "cli/protect.h"

#include <sys/resource.h>

void protect_secrets(void)
{
	struct rlimit none = {0};

	(void)setrlimit(RLIMIT_CORE, &none);
}
