/*
 * How Gemini's models think: https://ai.google.dev/gemini-api/docs/thinking, as of November 2026.
 * Up to 2.5 a budget of tokens is set, since 3 a level, of which not all models know all; which
 * models want their signatures back: https://ai.google.dev/gemini-api/docs/thought-signatures
 */
#include "provider/gemini.h"

enum { MINIMAL = 1, LOW = 2, MEDIUM = 4, HIGH = 8, EXTREME = 16 };

static const char *const level_names[] = { "minimal", "low", "medium", "high", "xhigh" };

/* The longest prefix that fits holds. */
static const struct gemini_family families[] = {
	{ .prefix = "" },
	{ .prefix = "gemini-1" },
	{ .prefix = "gemini-2" },
	{ .prefix = "gemini-2.5-pro", .least = 128, .most = 32768 },
	{ .prefix = "gemini-2.5-flash", .least = 1, .most = 24576, .may_not_think = true },
	{ .prefix = "gemini-2.5-flash-lite", .least = 512, .most = 24576, .may_not_think = true },
	{ .prefix = "gemini-3-pro", .levels = LOW | HIGH, .signs = true },
	{ .prefix = "gemini-3-flash", .levels = MINIMAL | LOW | MEDIUM | HIGH, .signs = true },
	{ .prefix = "gemini-3.1-flash", .levels = MINIMAL | LOW | MEDIUM | HIGH, .signs = true },
	{ .prefix = "gemini-3.5-flash", .levels = MINIMAL | LOW | MEDIUM | HIGH, .signs = true },
	{ .prefix = "gemini-3.6-flash", .levels = MINIMAL | LOW | MEDIUM | HIGH, .signs = true },
	{ .prefix = "gemini-4-hydrogen", .levels = LOW | MEDIUM | HIGH | EXTREME, .signs = true },
	/* What all since 3.1 Pro have in common. */
	{ .prefix = "gemini-", .levels = LOW | MEDIUM | HIGH, .signs = true },
};

const struct gemini_family *gemini_family_find(const char *model)
{
	const struct str folder = STR("models/");
	const struct gemini_family *best = families;
	struct str name = str_of(model);

	if (str_starts(name, folder))
		name = str_from(name, folder.n);
	for (size_t i = 0; i < countof(families); i++)
		if (str_starts(name, str_of(families[i].prefix)) && strlen(families[i].prefix) > strlen(best->prefix))
			best = &families[i];
	return best;
}

/* The level for an effort: itself, else the next higher that there is, else the highest. */
static const char *level_for(unsigned levels, enum effort effort)
{
	unsigned wanted = effort <= EFFORT_MINIMAL ? 0 : (unsigned)(effort - EFFORT_MINIMAL), last = 0;

	for (unsigned i = 0; i < countof(level_names); i++) {
		if (!(levels & 1u << i))
			continue;
		last = i;
		if (i >= wanted)
			break;
	}
	return level_names[last];
}

/* As the vendor's own OpenAI-compatible address translates them. */
static int budget_for(const struct gemini_family *f, enum effort effort)
{
	const int budgets[] = {
		[EFFORT_NONE] = 0, [EFFORT_MINIMAL] = 1024, [EFFORT_LOW] = 1024, [EFFORT_MEDIUM] = 8192,
		[EFFORT_HIGH] = 24576, [EFFORT_MAX] = f->most,
	};
	int budget = budgets[effort];

	if (budget == 0 && f->may_not_think)
		return 0;
	return budget < f->least ? f->least : budget > f->most ? f->most : budget;
}

void gemini_put_thinking(struct buf *out, const struct gemini_family *f, enum effort effort)
{
	if (!f->levels && !f->most)
		return;
	buf_putf(out, "\"thinkingConfig\":{\"includeThoughts\":%s", effort == EFFORT_NONE ? "false" : "true");
	if (effort != EFFORT_UNSET && f->levels)
		buf_putf(out, ",\"thinkingLevel\":\"%s\"", level_for(f->levels, effort));
	else if (effort != EFFORT_UNSET)
		buf_putf(out, ",\"thinkingBudget\":%d", budget_for(f, effort));
	buf_put(out, "}");
}
