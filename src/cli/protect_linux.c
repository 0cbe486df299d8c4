#include "cli/protect.h"

#include <sys/prctl.h>
#include <sys/resource.h>

/* The leak checker reads its own process as a debugger would. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define TRACED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define TRACED 1
#endif
#endif

void protect_secrets(void)
{
	struct rlimit none = {0};

	(void)setrlimit(RLIMIT_CORE, &none);
#ifndef TRACED
	/* A core pattern that pipes to a program ignores the limit: prctl(2), core(5). */
	(void)prctl(PR_SET_DUMPABLE, 0);
#endif
}
