#include "agent/call.h"

#include <stdarg.h>
#include <stdio.h>

#include "agent/offer.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "text/json_repair.h"
#include "tool/input.h"

#define NAME_SHOWN 80
#define WORDS_MAX 4000

struct str call_id(const struct call *c) { return json_member_str(c->given, "id"); }

struct str call_name(const struct call *c) { return json_member_str(json_object_get(c->given, "function"), "name"); }

void call_end(struct call *c, enum call_verdict verdict, const char *fmt, ...)
{
	char words[WORDS_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(words, sizeof words, fmt, args);
	va_end(args);
	size_t n = strlen(words);
	words[n - utf8_incomplete_tail(words, n)] = '\0';
	c->verdict = verdict;
	c->failed = true;
	buf_clear(&c->job.text);
	buf_put(&c->job.text, words);
}

static void refuse_name(struct call *c, const struct agent *a)
{
	own_buf there = BUF_INIT(WORDS_MAX);
	struct str name = call_name(c);
	json_t *tool;
	size_t i;

	json_array_foreach(a->tools, i, tool)
		buf_putf(&there, "%s%s", i ? ", " : "",
			json_member_string(json_object_get(tool, "function"), "name"));
	call_end(c, CALL_WRONG, "There is no tool `%.*s` here; there are: %s.",
		(int)(name.n < NAME_SHOWN ? name.n : NAME_SHOWN), name.p, there.len ? there.data : "none");
}

/* Arguments that are no JSON may still be clear: of an answer that was cut nothing is guessed. */
static json_t *read_input(const struct call *c, struct str arguments, bool cut, struct error *err)
{
	own_buf repaired = BUF_INIT(AGENT_ANSWER_MAX);
	struct error unused = {0};
	json_t *input = tool_input_read(c->kind, arguments, err);

	if (input || cut || !json_repair(arguments, &repaired))
		return input;
	input = tool_input_read(c->kind, buf_str(&repaired), &unused);
	if (!input)
		*err = unused;
	return input;
}

void call_init(struct call *c, const struct agent *a, const struct agent_answer *answer, size_t index)
{
	struct error err = {0};

	*c = (struct call){ .given = json_array_get(answer->calls, index), .job = TOOL_JOB_INIT };
	cancel_init(&c->cancel);
	c->job.context = a->context;
	c->job.cancel = &c->cancel;
	if (index >= AGENT_CALLS_MAX) {
		call_end(c, CALL_WRONG, "Not run: an answer may hold at most %d calls; make this one "
			"again.", AGENT_CALLS_MAX);
		return;
	}
	if (json_member_string(c->given, "unreadable")) {
		call_end(c, CALL_WRONG, "This call could not be read: %s. Write it again, as <tool_call>\n"
			"{\"name\": ..., \"arguments\": {...}}\n</tool_call>.",
			json_member_string(c->given, "unreadable"));
		return;
	}
	c->kind = tool_find(call_name(c));
	if (!c->kind || !offer_has(a->tools, c->kind->name)) {
		c->kind = NULL;
		refuse_name(c, a);
		return;
	}
	c->input = read_input(c, json_member_str(json_object_get(c->given, "function"), "arguments"),
		answer->cut_by_length, &err);
	c->job.input = c->input;
	if (!c->input)
		call_end(c, CALL_WRONG, "%s. %s", err.text, answer->cut_by_length ?
			"The answer was cut off at its length limit: make a shorter call." : "Nothing was run; call "
			"it again.");
}

void call_done(struct call *c)
{
	tool_job_done(&c->job);
	cancel_done(&c->cancel);
	json_decref(c->input);
}

bool call_preview(struct call *c)
{
	struct error err = {0};

	if (!c->kind->preview)
		return true;
	if (!c->kind->preview(&c->job, &err)) {
		call_end(c, CALL_RAN, "%s", err.text);
		return false;
	}
	if (c->job.failed) {
		c->verdict = CALL_RAN;
		c->failed = true;
	}
	return !c->job.failed;
}

void call_run(struct call *c)
{
	struct error err = {0};
	uint64_t began = clock_ms();

	json_decref(take(c->job.details));
	buf_clear(&c->job.text);
	bool ok = c->kind->run(&c->job, &err);

	c->took_ms = clock_ms() - began;
	if (!ok && (err.kind == ERROR_CANCELLED || cancel_fired(&c->cancel)))
		call_end(c, CALL_CANCELLED, "Cancelled by the user.");
	else if (!ok)
		call_end(c, CALL_RAN, "%s", err.text);
	else
		c->verdict = CALL_RAN;
	c->failed |= c->job.failed;
}
