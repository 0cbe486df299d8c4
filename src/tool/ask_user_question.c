/* One to four questions to the user, each with answers to choose from. */
#include "tool/context.h"
#include "tool/input.h"
#include "tool/kinds.h"

#define SCHEMA \
	"{\"type\":\"object\",\"properties\":{\"questions\":{\"type\":\"array\",\"minItems\":1,\"maxItems\":4," \
	"\"items\":{" \
	"\"type\":\"object\",\"properties\":{" \
	"\"question\":{\"type\":\"string\",\"description\":\"The whole question, with its question mark\"}," \
	"\"header\":{\"type\":\"string\",\"description\":\"One or two words that name it\"}," \
	"\"options\":{\"type\":\"array\",\"minItems\":2,\"maxItems\":4,\"items\":{\"type\":\"object\"," \
	"\"properties\":{" \
	"\"label\":{\"type\":\"string\",\"description\":\"The answer, in a few words\"}," \
	"\"description\":{\"type\":\"string\",\"description\":\"What choosing it means\"}}," \
	"\"required\":[\"label\",\"description\"]}}," \
	"\"multiSelect\":{\"type\":\"boolean\",\"description\":\"Whether several may be chosen\"}}," \
	"\"required\":[\"question\",\"header\",\"options\",\"multiSelect\"]}}}," \
	"\"required\":[\"questions\"]}"

static bool add_answer(struct buf *out, const char *question, const json_t *answer, struct error *err)
{
	const char *words = json_string_value(answer);

	return buf_addf(out, err, "%s\n= %s\n", question, words ? words : "(none)");
}

static bool run(struct tool_job *job, struct error *err)
{
	struct tool_ui *ui = &job->context->ui;
	const char *question;
	json_t *answer;

	if (!ui->ask)
		return error_set(err, ERROR_UNAVAILABLE,
			"AskUserQuestion: nobody is there to answer; decide by yourself, and say what you assumed");
	own_json *answers = ui->ask(ui->user, json_object_get(job->input, "questions"), err);
	if (!answers)
		return false;
	buf_put(&job->text, "The user's answers:\n");
	json_object_foreach(answers, question, answer)
		if (!add_answer(&job->text, question, answer, err))
			return false;
	job->details = json_pack("{s:O}", "answers", answers);
	return true;
}

const struct tool_kind tool_ask_user_question = {
	.name = "AskUserQuestion",
	.description = "Asks the user one to four questions, each with two to four answers to choose from; the user "
		"may also answer in words of their own. Ask only what you cannot find out, and what the work depends "
		"on.",
	.schema = SCHEMA,
	.run = run,
};
