/* `shammah metrics`: what was answered by whom, and what it cost, from the books alone. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "cli/commands.h"
#include "provider/price.h"
#include "store/totals.h"

/* --- for people ----------------------------------------------------------------- */

static char *name_of(const struct total *t)
{
	static const struct { const char *source, *name; } names[] = {
		{ "known", "known answers" },
		{ "local", "this machine" },
		{ "teacher", "teacher" },
		{ "none", "nobody" },
	};
	const char *who = t->teacher ? t->teacher : t->source;

	for (size_t i = 0; i < countof(names) && !t->teacher; i++)
		if (strcmp(t->source, names[i].source) == 0)
			who = names[i].name;
	char *name = t->model ? mem_printf("%s, %s", who, path_base(t->model)) : mem_strdup(who);
	for (char *c = name; *c; c++)
		*c = (unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c;
	return name;
}

static const char *dollars(uint64_t micro, char out[32], const char *none)
{
	if (micro == 0)
		return none;
	bool cents = micro % 10000 == 0;
	snprintf(out, 32, cents ? "$%" PRIu64 ".%02" PRIu64 : "$%" PRIu64 ".%04" PRIu64, micro / 1000000,
		micro % 1000000 / (cents ? 10000 : 100));
	return out;
}

static void print_total(const char *name, const struct total *t)
{
	char cost[32], saved[32];

	printf("  %-44.44s %7" PRIu64 " %11" PRIu64 " %9" PRIu64 " %9s %9s\n", name, t->answers, t->prompt_tokens,
		t->completion_tokens, dollars(t->cost, cost, ""), dollars(t->saved, saved, ""));
}

static void print_remarks(const struct totals *t)
{
	static const struct { size_t offset; const char *text; } remarks[] = {
		{ offsetof(struct total, escalated), "went from this machine to a teacher" },
		{ offsetof(struct total, failed), "failed" },
		{ offsetof(struct total, cancelled), "stopped by whoever asked" },
		{ offsetof(struct total, estimated), "cut, or without a count of tokens: theirs are estimated" },
		{ offsetof(struct total, unpriced), "at a price that is not known, and not in the cost" },
	};

	for (size_t i = 0; i < countof(remarks); i++) {
		uint64_t count = *(const uint64_t *)((const char *)&t->all + remarks[i].offset);
		if (count)
			printf("  %" PRIu64 " %s\n", count, remarks[i].text);
	}
	if (t->damaged)
		printf("  %zu damaged, passed over\n", t->damaged);
}

static void print_span(const char *title, const struct totals *t)
{
	printf("%s\n", title);
	if (t->all.answers == 0) {
		puts("  no answers");
		print_remarks(t);
		return;
	}
	printf("  %-44s %7s %11s %9s %9s %9s\n", "", "answers", "tokens in", "out", "cost", "saved");
	for (size_t i = 0; i < t->count; i++) {
		own_mem char *name = name_of(&t->groups[i]);
		print_total(name, &t->groups[i]);
	}
	if (t->count > 1)
		print_total("in all", &t->all);
	print_remarks(t);
}

static void print_all(const struct totals *today, const struct totals *month, int64_t budget)
{
	char spent[32], limit[32];

	print_span("Today (UTC)", today);
	print_span("This month", month);
	if (budget >= 0)
		printf("Budget: %s of this month's %s for teachers are spent.\n", dollars(month->all.cost, spent, "$0"),
			dollars((uint64_t)budget, limit, "$0"));
	printf("Cost is estimated by list prices of %s.\n", price_date);
}

/* --- for programs ------------------------------------------------------------------ */

static json_t *total_json(const struct total *t)
{
	json_t *o = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:I}",
		"answers", (json_int_t)t->answers, "failed", (json_int_t)t->failed,
		"cancelled", (json_int_t)t->cancelled, "escalated", (json_int_t)t->escalated,
		"estimated", (json_int_t)t->estimated, "unpriced", (json_int_t)t->unpriced,
		"prompt_tokens", (json_int_t)t->prompt_tokens,
		"cached_tokens", (json_int_t)t->cached_tokens, "completion_tokens", (json_int_t)t->completion_tokens,
		"cost_usd", (double)t->cost / 1e6, "saved_usd", (double)t->saved / 1e6, "ms", (json_int_t)t->ms);

	if (t->source)
		json_object_set_new(o, "source", json_string(t->source));
	if (t->teacher)
		json_object_set_new(o, "teacher", json_string(t->teacher));
	if (t->model)
		json_object_set_new(o, "model", json_string(t->model));
	return o;
}

static json_t *span_json(const struct totals *t)
{
	json_t *groups = json_array();

	for (size_t i = 0; i < t->count; i++)
		json_array_append_new(groups, total_json(&t->groups[i]));
	return json_pack("{s:o, s:o, s:I}", "all", total_json(&t->all), "groups", groups,
		"damaged_lines", (json_int_t)t->damaged);
}

static void print_json(const struct totals *today, const struct totals *month, int64_t budget)
{
	own_json *out = json_pack("{s:o, s:o, s:s}", "today", span_json(today), "month", span_json(month),
		"prices_of", price_date);

	if (budget >= 0)
		json_object_set_new(out, "budget_usd", json_real((double)budget / 1e6));
	json_dumpf(out, stdout, JSON_COMPACT | JSON_REAL_PRECISION(12));
	putchar('\n');
}

int cmd_metrics(const struct options *o, struct config *c)
{
	struct error err = { 0 };
	own_mem char *home = path_shammah(&err);
	own_totals day = { 0 }, month = { 0 };
	int today = record_day(clock_unix());

	if (!home || !totals_read(&day, home, today, today, &err) ||
		!totals_read(&month, home, record_month(today), today, &err))
		return complain(&err);
	(o->json ? print_json : print_all)(&day, &month, config_micros(c, SETTING_BUDGET, -1));
	return EXIT_ANSWERED;
}
