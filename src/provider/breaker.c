#include "provider/breaker.h"

enum breaker_admission breaker_admit(struct breaker *b, uint64_t now)
{
	if (!b->open)
		return BREAKER_ADMITS;
	if (b->refused || b->trial || now < b->until)
		return BREAKER_RESTS;
	b->trial = true;
	return BREAKER_TRIES;
}

void breaker_succeed(struct breaker *b)
{
	*b = (struct breaker){ 0 };
}

static void open_for(struct breaker *b, uint64_t now, unsigned ms)
{
	b->open = true;
	b->trial = false;
	b->until = now + ms;
}

static unsigned next_rest(const struct breaker *b)
{
	if (!b->rest_ms)
		return BREAKER_REST_MS;
	return b->rest_ms < BREAKER_LONGEST_MS / 2 ? b->rest_ms * 2 : BREAKER_LONGEST_MS;
}

void breaker_fail(struct breaker *b, uint64_t now)
{
	bool tried = b->trial;

	b->failures += b->failures < BREAKER_FAILURES;
	/* Those that were under way when it opened tell nothing new. */
	if (b->refused || (b->open && !tried) || (!tried && b->failures < BREAKER_FAILURES))
		return;
	b->rest_ms = next_rest(b);
	open_for(b, now, b->rest_ms);
}

void breaker_rest(struct breaker *b, uint64_t now, unsigned ms)
{
	if (b->refused || (b->open && !b->trial && now < b->until))
		return;
	b->failures = BREAKER_FAILURES;
	b->rest_ms = next_rest(b);
	open_for(b, now, ms ? ms < BREAKER_LONGEST_MS ? ms : BREAKER_LONGEST_MS : b->rest_ms);
}

void breaker_refuse(struct breaker *b)
{
	b->open = b->refused = true;
	b->trial = false;
}

void breaker_forget(struct breaker *b)
{
	b->trial = false;
}

uint64_t breaker_left(const struct breaker *b, uint64_t now)
{
	if (!b->open)
		return 0;
	if (b->refused)
		return UINT64_MAX;
	/* While somebody tries, others had better not. */
	return now < b->until ? b->until - now : b->trial ? 1 : 0;
}
