/*
 * What the models can do is data: rows, the more special before the less.  Sources
 * (November 2026): platform.claude.com/docs, "Models overview", "Troubleshooting
 * thinking", "Effort", "Mid-conversation system messages", and the migration guides.
 *
 * Where a row is wrong, or a gateway's model is in none, the vendor's refusal names
 * the wish and the request is written once more without any (struct target's plain).
 */
#include "provider/claude.h"

#define DEFAULT_MAX_TOKENS 32000       /* thoughts count as well */
#define EAGER_MAX_TOKENS 64000         /* with an effort that is high or more */
#define BUDGET_LEAST 1024
#define CACHE_LEAST 1024               /* bytes: no model caches fewer than 512 tokens */

static const struct claude_model models[] = {
	{ "claude-sonnet-5-5", 128000, CLAUDE_THINKS_ADAPTIVELY, .unasked = true, .off = "between_tools", .hides = true,
		.most = "xhigh", .system = true },
	{ "claude-opus-5-5", 128000, CLAUDE_THINKS_ADAPTIVELY, .unasked = true, .hides = true, .most = "xhigh",
		.system = true },
	{ "claude-haiku-5-5", 128000, CLAUDE_THINKS_ADAPTIVELY, .unasked = true, .off = "disabled", .hides = true,
		.most = "xhigh", .forced = true, .system = true },
	{ "claude-fable-5-", 128000, CLAUDE_THINKS_ADAPTIVELY, .unasked = true, .hides = true, .most = "xhigh",
		.system = true },
	{ "claude-fable-5", 128000, CLAUDE_THINKS_ADAPTIVELY, .unasked = true, .hides = true, .most = "xhigh",
		.forced = true, .system = true },
	{ "claude-mythos-5-", 128000, CLAUDE_THINKS_ADAPTIVELY, .unasked = true, .hides = true, .most = "xhigh",
		.system = true },
	{ "claude-mythos", 128000, CLAUDE_THINKS_ADAPTIVELY, .unasked = true, .hides = true, .most = "xhigh",
		.forced = true, .system = true },
	{ "claude-opus-5", 128000, CLAUDE_THINKS_ADAPTIVELY, .unasked = true, .off = "disabled", .hides = true,
		.most = "xhigh", .forced = true, .system = true },
	{ "claude-sonnet-5", 128000, CLAUDE_THINKS_ADAPTIVELY, .unasked = true, .off = "disabled", .hides = true,
		.most = "xhigh", .forced = true },
	{ "claude-opus-4-8", 128000, CLAUDE_THINKS_ADAPTIVELY, .off = "disabled", .hides = true, .most = "xhigh",
		.forced = true, .system = true },
	{ "claude-opus-4-7", 128000, CLAUDE_THINKS_ADAPTIVELY, .off = "disabled", .hides = true, .most = "xhigh",
		.forced = true },
	{ "claude-opus-4-6", 128000, CLAUDE_THINKS_ADAPTIVELY, .off = "disabled", .most = "max", .samples = true,
		.forced = true },
	{ "claude-sonnet-4-6", 128000, CLAUDE_THINKS_ADAPTIVELY, .off = "disabled", .most = "max", .samples = true,
		.forced = true },
	{ "claude-opus-4-5", 64000, CLAUDE_THINKS_IN_BUDGET, .most = "high", .samples = true, .forced = true },
	{ "claude-sonnet-4", 64000, CLAUDE_THINKS_IN_BUDGET, .samples = true, .forced = true },
	{ "claude-haiku-4-5", 64000, CLAUDE_THINKS_IN_BUDGET, .samples = true, .forced = true },
	{ "claude-opus-4", 32000, CLAUDE_THINKS_IN_BUDGET, .samples = true, .forced = true },
	{ "claude-3-7", 64000, CLAUDE_THINKS_IN_BUDGET, .samples = true, .forced = true },
	{ "claude-3-5", 8192, CLAUDE_THINKS_NEVER, .samples = true, .forced = true },
	{ "claude-3", 4096, CLAUDE_THINKS_NEVER, .samples = true, .forced = true },
	{ "", 0, CLAUDE_THINKS_ADAPTIVELY, .off = "disabled", .most = "high", .samples = true, .forced = true },
};

const struct claude_model *claude_model_find(const char *name)
{
	const struct claude_model *m = models;

	while (!strstr(name, m->name))
		m++;
	return m;
}

bool claude_wants_call(const struct request *request)
{
	return request->chat.tool_count > 0 &&
		(request->tool_choice == TOOLS_REQUIRED || request->tool_choice == TOOLS_NAMED);
}

/* ---- thinking ---- */

static enum effort effort_of(const struct request *r)
{
	return r->effort == EFFORT_UNSET && r->chat.no_thoughts ? EFFORT_NONE : r->effort;
}

static const char *effort_name(const struct claude_model *m, enum effort effort)
{
	const char *const names[] = {
		[EFFORT_UNSET] = NULL, [EFFORT_NONE] = NULL, [EFFORT_MINIMAL] = "low", [EFFORT_LOW] = "low",
		[EFFORT_MEDIUM] = "medium", [EFFORT_HIGH] = "high", [EFFORT_MAX] = m->most,
	};

	return m->most ? names[effort] : NULL;
}

/* Only the highest efforts cannot do without thinking. */
static void plan_without(struct claude_plan *plan, enum effort effort)
{
	const struct claude_model *m = plan->model;

	plan->thinking = m->unasked ? m->off : NULL;
	plan->effort = effort_name(m, effort == EFFORT_MAX ? EFFORT_HIGH : effort);
	if (m->unasked && !m->off)
		plan->effort = "low";
}

static void plan_adaptive(struct claude_plan *plan, enum effort effort)
{
	const struct claude_model *m = plan->model;

	if (effort == EFFORT_NONE || (plan->forces && m->off)) {
		plan_without(plan, effort);
		return;
	}
	if (m->unasked || effort != EFFORT_UNSET)
		plan->thinking = "adaptive";
	plan->effort = effort_name(m, effort);
}

bool claude_is_sealed(const struct message *m)
{
	for (size_t i = 0; i < m->sealed_count; i++)
		if (str_is(m->sealed[i].seal.vendor, "claude"))
			return true;
	return false;
}

/* Whoever began to call tools without thinking must not begin to think before the next question. */
static bool may_think(const struct chat *c)
{
	for (size_t i = c->message_count; i-- > 0 && c->messages[i].role != ROLE_USER;)
		if (c->messages[i].call_count && !claude_is_sealed(&c->messages[i]))
			return false;
	return true;
}

static void plan_budget(struct claude_plan *plan, enum effort effort)
{
	static const int64_t budgets[] = {
		[EFFORT_UNSET] = 0, [EFFORT_NONE] = 0, [EFFORT_MINIMAL] = 1024, [EFFORT_LOW] = 4096,
		[EFFORT_MEDIUM] = 10000, [EFFORT_HIGH] = 20000, [EFFORT_MAX] = 31999,
	};
	int64_t budget = budgets[effort];

	plan->effort = effort_name(plan->model, effort);
	budget = budget < plan->max_tokens / 2 ? budget : plan->max_tokens / 2;
	if (budget < BUDGET_LEAST || plan->forces || !may_think(&plan->request->chat))
		return;
	plan->thinking = "enabled";
	plan->budget = budget;
}

/* ---- the rest ---- */

static int64_t most_tokens(const struct claude_model *m, const struct request *r)
{
	int64_t wanted = r->effort >= EFFORT_HIGH ? EAGER_MAX_TOKENS : DEFAULT_MAX_TOKENS;

	if (r->sampling.max_tokens > 0)
		wanted = r->sampling.max_tokens;
	return m->max_tokens && wanted > m->max_tokens ? m->max_tokens : wanted;
}

/* Too short a prompt is not cached, whatever is marked. */
static bool is_cacheable(const struct chat *c)
{
	size_t bytes = 0;

	for (size_t i = 0; i < c->message_count && bytes < CACHE_LEAST; i++)
		bytes += c->messages[i].text.n + (c->messages[i].piece_count ? CACHE_LEAST : 0);
	for (size_t i = 0; i < c->tool_count && bytes < CACHE_LEAST; i++)
		bytes += c->tools[i].description.n + c->tools[i].schema.n;
	return bytes >= CACHE_LEAST;
}

void claude_plan_make(struct claude_plan *plan, const struct target *target, const struct request *request)
{
	const struct claude_model *m = claude_model_find(target->model);

	*plan = (struct claude_plan){
		.model = m, .request = request, .not_at_top = target->provider->not_at_top, .plain = target->plain,
		.max_tokens = most_tokens(m, request),
		.forces = claude_wants_call(request) && m->forced && !target->plain,
		.mark = target->uncached || !is_cacheable(&request->chat) ? "" :
			target->lasting ? ",\"cache_control\":{\"type\":\"ephemeral\",\"ttl\":\"1h\"}" :
			",\"cache_control\":{\"type\":\"ephemeral\"}",
	};
	if (target->plain)
		return;
	if (m->thinking == CLAUDE_THINKS_ADAPTIVELY)
		plan_adaptive(plan, effort_of(request));
	else if (m->thinking == CLAUDE_THINKS_IN_BUDGET)
		plan_budget(plan, effort_of(request));
	plan->samples = m->samples && (!plan->thinking || strcmp(plan->thinking, "disabled") == 0);
}
