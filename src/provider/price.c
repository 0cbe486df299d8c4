#include "provider/price.h"

#include <ctype.h>
#include <time.h>

#include "base/cleanup.h"

#define MILLION 1000000u

static int date_of(int64_t when)
{
	time_t seconds = (time_t)when;
	struct tm day;

	if (!gmtime_r(&seconds, &day))
		return 0;
	return (day.tm_year + 1900) * 10000 + (day.tm_mon + 1) * 100 + day.tm_mday;
}

/* What may follow a model's name without making it another: a date, "-latest", "-preview". */
static bool is_same_model(const char *rest)
{
	static const char *const harmless[] = { "-latest", "-preview", "-exp", "[1m]" };
	size_t digits = 0;

	for (size_t i = 0; i < countof(harmless); i++)
		if (strncmp(rest, harmless[i], strlen(harmless[i])) == 0)
			return true;
	if (*rest == '-' || *rest == '@')
		while (isdigit((unsigned char)rest[1 + digits]) || (digits >= 4 && rest[1 + digits] == '-'))
			digits++;
	return *rest == '\0' || (digits >= 3 && rest[1 + digits] == '\0');
}

static bool fits(const struct price *p, const char *provider, const char *model)
{
	size_t n = strlen(p->model);

	return strcmp(p->provider, provider) == 0 && strncmp(p->model, model, n) == 0 &&
		(n == 0 || is_same_model(model + n));
}

/* Of two that fit: the longer name, then the larger prompt, then the later date. */
static bool is_nearer(const struct price *a, const struct price *b)
{
	size_t one = strlen(a->model), other = strlen(b->model);

	if (one != other)
		return one > other;
	return a->above != b->above ? a->above > b->above : a->since > b->since;
}

const struct price *price_find(const char *provider, const char *model, size_t prompt_tokens, int64_t when)
{
	const struct price *best = NULL;
	int date = date_of(when);

	for (const struct price *p = prices; p < prices + price_count; p++)
		if (fits(p, provider, model) && p->since <= date && (p->above == 0 || prompt_tokens > p->above) &&
			(!best || is_nearer(p, best)))
			best = p;
	return best;
}

struct price price_flat(uint32_t input, uint32_t output)
{
	return (struct price){ .input = input, .cached = input, .written = input, .output = output };
}

/* Claude's, the only ones that say so: for an hour it costs twice what is read afresh. */
static size_t lasting_of(const struct price *p, const struct usage *u)
{
	size_t lasting = u->lasting_tokens < u->written_tokens ? u->lasting_tokens : u->written_tokens;

	return p->written > p->input ? lasting : 0;
}

uint64_t price_apply(const struct price *p, const struct usage *u)
{
	size_t special = u->cached_tokens + u->written_tokens;
	size_t fresh = u->prompt_tokens > special ? u->prompt_tokens - special : 0;

	size_t lasting = lasting_of(p, u);

	uint64_t sum = (uint64_t)fresh * p->input + (uint64_t)u->cached_tokens * p->cached +
		(uint64_t)(u->written_tokens - lasting) * p->written + (uint64_t)lasting * 2 * p->input +
		(uint64_t)u->completion_tokens * p->output;
	return (sum + MILLION / 2) / MILLION;
}

bool price_cost(const char *provider, const char *model, const struct usage *u, int64_t when, uint64_t *cost)
{
	const struct price *p = price_find(provider, model, u->prompt_tokens, when);

	if (p)
		*cost = price_apply(p, u);
	return p != NULL;
}
