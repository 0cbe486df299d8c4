/*
 * `shammah explain KIND`: every kind is a judge from a JSON object to a JSON
 * object; --jsonl runs it over lines, otherwise INPUT is wrapped into an object
 * and the result printed for people.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "cli/commands.h"
#include "cli/permissions.h"
#include "permit/command.h"
#include "permit/explain.h"
#include "route/explain.h"
#include "text/explain.h"
#include "text/html.h"

#define INPUT_MAX ((size_t)64 << 20)

/* What the judges need besides their input; opened by the kind that needs it. */
struct judges {
	struct tokenizer *tokenizer;
	const struct template *family;
	const struct config *config;
};

struct kind {
	const char *name;
	bool (*open)(struct judges *j, const char *folder, struct error *err);   /* NULL: needs no folder */
	json_t *(*wrap)(struct str input, struct error *err);
	json_t *(*judge)(const struct judges *j, const json_t *input, struct error *err);
	void (*print)(const json_t *result);
};

/* --- tokens -------------------------------------------------------------------------- */

static bool open_tokenizer(struct judges *j, const char *folder, struct error *err)
{
	j->tokenizer = tokenizer_open(folder, NULL, err);
	return j->tokenizer != NULL;
}

static json_t *wrap_text(struct str input, struct error *err)
{
	json_t *text = json_stringn(input.p, input.n);

	if (!text)
		return error_set(err, ERROR_INVALID, "the input is not valid UTF-8 text"), NULL;
	return json_pack("{s:o}", "text", text);
}

static json_t *judge_tokens(const struct judges *j, const json_t *input, struct error *err)
{
	return explain_tokens(j->tokenizer, input, err);
}

static void print_tokens(const json_t *result)
{
	const json_t *ids = json_object_get(result, "ids");
	size_t i;
	json_t *id;

	printf("%zu tokens:", json_array_size(ids));
	json_array_foreach(ids, i, id)
		printf(" %" JSON_INTEGER_FORMAT, json_integer_value(id));
	printf("\ndecoded: %s\n", json_member_string(result, "decoded"));
}

/* --- template -------------------------------------------------------------------------- */

static bool open_template(struct judges *j, const char *folder, struct error *err)
{
	j->family = template_find(folder, err);
	return j->family != NULL;
}

/* JSON of messages, or plain text as the one message of a user. */
static json_t *wrap_messages(struct str input, struct error *err)
{
	struct error none = {0};
	own_json *value = json_parse_nul(input, "input", &none);

	if (json_is_object(value))
		return take(value);
	if (json_is_array(value))
		return json_pack("{s:O, s:b}", "messages", value, "add_generation_prompt", 1);
	own_json *text = wrap_text(input, err);
	return text ? json_pack("{s:[{s:s, s:O}], s:b}", "messages", "role", "user",
		"content", json_object_get(text, "text"), "add_generation_prompt", 1) : NULL;
}

static json_t *judge_template(const struct judges *j, const json_t *input, struct error *err)
{
	return explain_template(j->family, input, err);
}

static void print_template(const json_t *result)
{
	fputs(json_member_string(result, "text"), stdout);
}

/* --- patterns ---------------------------------------------------------------------------- */

static json_t *judge_patterns(const struct judges *j, const json_t *input, struct error *err)
{
	(void)j;
	return explain_patterns(input, err);
}

static void print_patterns(const json_t *result)
{
	const char *pattern = json_member_string(result, "pattern");
	size_t i;
	json_t *entry;

	printf("%s\n", pattern ? pattern : "no pattern would be answered from its text");
	json_array_foreach(json_object_get(result, "ranking"), i, entry)
		printf("  %.3f  %s\n", json_number_value(json_object_get(entry, "score")),
			json_member_string(entry, "pattern"));
}

/* --- command ----------------------------------------------------------------------------- */

static json_t *wrap_command(struct str input, struct error *err)
{
	own_json *text = wrap_text(input, err);

	return text ? json_pack("{s:O}", "command", json_object_get(text, "text")) : NULL;
}

static json_t *judge_command(const struct judges *j, const json_t *input, struct error *err)
{
	(void)j;
	return explain_command(input, err);
}

/* --- url and path ------------------------------------------------------------------------- */

static json_t *wrap_url(struct str input, struct error *err)
{
	own_json *text = wrap_text(input, err);

	return text ? json_pack("{s:O}", "url", json_object_get(text, "text")) : NULL;
}

static json_t *judge_url(const struct judges *j, const json_t *input, struct error *err)
{
	(void)j;
	return explain_url(input, err);
}

/* The current folder is the project. */
static json_t *wrap_path(struct str input, struct error *err)
{
	own_json *text = wrap_text(input, err);
	own_mem char *cwd = text ? getcwd(NULL, 0) : NULL;
	own_mem char *home = cwd ? path_home(err) : NULL;

	if (text && !cwd)
		error_errno(err, "the current folder cannot be told");
	return home ? json_pack("{s:s, s:s, s:s, s:O}", "root", cwd, "cwd", cwd, "home", home,
		"path", json_object_get(text, "text")) : NULL;
}

static json_t *judge_path(const struct judges *j, const json_t *input, struct error *err)
{
	(void)j;
	return explain_path(input, err);
}

static void print_verdict(const json_t *result)
{
	printf("%s: %s\n", json_member_string(result, "verdict"), json_member_string(result, "why"));
}

/* --- permission -------------------------------------------------------------------------- */

/* A call under the settings that hold here; programs bring their own. */
static json_t *wrap_call(struct str input, struct error *err)
{
	own_json *call = explain_read_call(input, err);

	return call ? json_pack("{s:O, s:b}", "call", call, "here", 1) : NULL;
}

static json_t *judge_permission(const struct judges *j, const json_t *input, struct error *err)
{
	if (!json_object_get(input, "here"))
		return explain_permission(input, err);
	return permissions_explain(j->config, json_object_get(input, "call"), err);
}

static void print_permission(const json_t *result)
{
	const char *rule = json_member_string(result, "rule"), *file = json_member_string(result, "file");

	printf("%s: %s\n", json_member_string(result, "decision"), json_member_string(result, "why"));
	if (rule)
		printf("rule: %s (%s)\n", rule, file ? file : "approved before");
}

/* --- html ---------------------------------------------------------------------------------- */

static json_t *wrap_html(struct str input, struct error *err)
{
	own_json *text = wrap_text(input, err);

	return text ? json_pack("{s:O}", "html", json_object_get(text, "text")) : NULL;
}

static json_t *judge_html(const struct judges *j, const json_t *input, struct error *err)
{
	(void)j;
	return explain_html(input, err);
}

static void print_html(const json_t *result)
{
	fputs(json_member_string(result, "markdown"), stdout);
}

static const struct kind kinds[] = {
	{ "tokens", open_tokenizer, wrap_text, judge_tokens, print_tokens },
	{ "template", open_template, wrap_messages, judge_template, print_template },
	{ "patterns", NULL, wrap_text, judge_patterns, print_patterns },
	{ "url", NULL, wrap_url, judge_url, print_verdict },
	{ "path", NULL, wrap_path, judge_path, print_verdict },
	{ "html", NULL, wrap_html, judge_html, print_html },
	{ "command", NULL, wrap_command, judge_command, print_verdict },
	{ "permission", NULL, wrap_call, judge_permission, print_permission },
};

/* --- one input, or many ---------------------------------------------------------------------- */

/* The judgement with the input's id, or an error with it. */
static json_t *judge_line(const struct kind *k, const struct judges *j, struct str line)
{
	struct error err = {0};
	own_json *input = json_parse_nul(line, "line", &err);

	if (input && !json_is_object(input))
		error_set(&err, ERROR_INVALID, "a line must hold a JSON object");
	json_t *result = json_is_object(input) ? k->judge(j, input, &err) : NULL;
	if (!result)
		result = json_pack("{s:s}", "error", err.text);
	json_t *id = json_object_get(input, "id");
	if (id)
		json_object_set(result, "id", id);
	return result;
}

static int judge_lines(const struct kind *k, const struct judges *j)
{
	own_buf out = BUF_INIT(INPUT_MAX);
	char *line = NULL;
	size_t size = 0;
	ssize_t n;
	struct error err = {0};
	bool ok = true;

	while (ok && (n = getline(&line, &size, stdin)) >= 0) {
		own_json *result = judge_line(k, j, str_trim((struct str){ line, (size_t)n }));
		buf_clear(&out);
		ok = json_write(&out, result, &err) && buf_adds(&out, "\n", &err) &&
			((fwrite(out.data, 1, out.len, stdout) == out.len && fflush(stdout) == 0) ||
			 error_errno(&err, "standard output: cannot write"));
	}
	free(line);
	return ok ? EXIT_ANSWERED : complain(&err);
}

static int judge_one(const struct kind *k, const struct judges *j, const char *text)
{
	own_buf piped = BUF_INIT(INPUT_MAX);
	struct error err = {0};

	if (!text && !file_read_fd(STDIN_FILENO, &piped, &err))
		return complain(&err);
	own_json *input = k->wrap(text ? str_of(text) : buf_str(&piped), &err);
	own_json *result = input ? k->judge(j, input, &err) : NULL;
	if (!result)
		return complain(&err);
	k->print(result);
	return EXIT_ANSWERED;
}

/* "tokens some text": the kind, and what follows it. */
static const struct kind *find_kind(const char *words, const char **rest)
{
	for (size_t i = 0; words && i < countof(kinds); i++) {
		size_t n = strlen(kinds[i].name);
		if (strncmp(words, kinds[i].name, n) == 0 && (words[n] == ' ' || !words[n])) {
			*rest = words[n] ? words + n + 1 : NULL;
			return &kinds[i];
		}
	}
	return NULL;
}

static bool open_judges(const struct kind *k, struct judges *j, const struct options *o, const struct config *c,
	struct error *err)
{
	const char *folder = o->tokenizer ? o->tokenizer : config_text(c, SETTING_MODEL);

	if (!k->open)
		return true;
	if (!folder)
		return error_set(err, ERROR_INVALID,
			"`shammah explain %s` needs --tokenizer DIR, a folder with the model's tokenizer files",
			k->name);
	return k->open(j, folder, err);
}

int cmd_explain(const struct options *o, struct config *c)
{
	const char *rest = NULL;
	const struct kind *k = find_kind(o->text, &rest);
	struct judges j = { .config = c };
	struct error err = {0};

	if (!k) {
		error_set(&err, ERROR_INVALID, "usage: shammah explain %s", o->command->usage);
		return complain(&err);
	}
	if (o->jsonl && rest) {
		error_set(&err, ERROR_INVALID,
			"with --jsonl the input comes from standard input, not from the command line");
		return complain(&err);
	}
	if (!open_judges(k, &j, o, c, &err))
		return complain(&err);
	int code = o->jsonl ? judge_lines(k, &j) : judge_one(k, &j, rest);
	tokenizer_destroy(j.tokenizer);
	return code;
}
