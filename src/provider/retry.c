#include "provider/retry.h"

#include <limits.h>

#include "net/retry_after.h"

struct retry_told retry_parse(const char *after_ms, const char *after, const char *should, int64_t now)
{
	struct retry_told told = { .word = RETRY_UNSAID };
	unsigned seconds;

	if (should && str_is(str_of(should), "true"))
		told.word = RETRY_YES;
	else if (should && str_is(str_of(should), "false"))
		told.word = RETRY_NO;
	if (after_ms && retry_after_ms_parse(after_ms, &told.ms)) {
		told.when = true;
	} else if (after && retry_after_parse(after, now, &seconds)) {
		told.when = true;
		told.ms = seconds > UINT_MAX / 1000 ? UINT_MAX : seconds * 1000;
	}
	return told;
}

struct retry_told retry_read(const struct http_head *head, int64_t now)
{
	return retry_parse(http_head_get(head, "retry-after-ms"), http_head_get(head, "Retry-After"),
		http_head_get(head, "x-should-retry"), now);
}

unsigned retry_pause(unsigned first, unsigned longest, unsigned attempt, uint64_t random)
{
	uint64_t pause = first;

	for (; attempt > 2 && pause < longest; attempt--)
		pause *= 2;
	pause = pause < longest ? pause : longest;
	return (unsigned)(pause / 2 + random % (pause + 1));
}
