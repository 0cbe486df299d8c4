/*
 * Documents name only what there is: every command, option, setting, variable,
 * path and endpoint in backticks is looked up in the program's own tables.
 */
#include <ctype.h>
#include <dirent.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "cli/commands.h"
#include "config/home.h"
#include "config/teachers.h"
#include "config/vendors.h"
#include "daemon/service.h"
#include "provider/provider.h"
#include "support/test.h"

static char *source(const char *path)
{
	const char *root = getenv("SHAMMAH_SOURCE");

	assert_non_null(root);
	return path_join(root, path);
}

static char *read_source(const char *path)
{
	struct error err = {0};
	own_mem char *full = source(path);
	char *text = file_read(full, 1 << 20, NULL, &err);

	if (!text)
		fail_msg("%s", err.text);
	return text;
}

/* --- what a name may be ------------------------------------------------------------ */

static bool is_option(struct str name)
{
	for (const struct option *x = option_table; x->name; x++)
		if (x->what && (str_is(name, x->name) || (name.n == 2 && x->letter && name.p[1] == x->letter)))
			return true;
	return false;
}

static bool is_make_target(struct str name)
{
	own_mem char *makefile = read_source("Makefile");
	const char *list = strstr(makefile, ".PHONY:");
	struct str rest = { list + 7, strcspn(list + 7, "\n") }, word;

	while (str_split(&rest, ' ', &word))
		if (str_equal(word, name))
			return true;
	return false;
}

static bool is_route(struct str path)
{
	for (size_t i = 0; i < route_count; i++) {
		struct str known = str_of(routes[i].path);
		if (str_equal(path, known) || (known.p[known.n - 1] == '/' && str_starts(path, known)))
			return true;
	}
	return false;
}

static bool is_prompt_command(struct str name)
{
	for (const struct prompt_command *p = prompt_commands; p->name; p++)
		if (str_is(name, p->name))
			return true;
	return false;
}

static bool is_home_file(struct str name)
{
	for (size_t i = 0; i < HOME_FILES; i++)
		if (str_is(name, home_files[i]))
			return true;
	return name.n == 0;
}

/* "backend.model", "shammah.backend.model", "env.ANTHROPIC_API_KEY". */
static bool is_setting(struct str name)
{
	struct str env = STR("env."), ours = STR("shammah.");
	struct str bare = str_starts(name, ours) ? str_from(name, ours.n) : name;

	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (str_is(bare, settings[i].name))
			return true;
	own_mem char *variable = mem_strndup(name.p, name.n);
	return str_starts(name, env) && config_knows_variable(variable + env.n);
}

/* --- checking one span --------------------------------------------------------------- */

static bool is_variable_shaped(struct str s)
{
	bool bar = false;

	for (size_t i = 0; i < s.n; i++) {
		if (!isupper((unsigned char)s.p[i]) && s.p[i] != '_')
			return false;
		bar |= s.p[i] == '_';
	}
	return bar;
}

/* After "shammah": options are known, the first other word is a command, a folder or a question. */
static bool command_line_ok(struct str rest)
{
	struct str word;
	bool quoted = false, first = true;

	while (str_split(&rest, ' ', &word)) {
		if (!word.n || quoted) {
			quoted ^= memchr(word.p, '"', word.n) != NULL;
			continue;
		}
		if (word.p[0] == '"') {
			quoted = !(word.n > 1 && word.p[word.n - 1] == '"');
		} else if (word.p[0] == '-') {
			const char *equals = memchr(word.p, '=', word.n);
			if (!is_option(equals ? (struct str){ word.p, (size_t)(equals - word.p) } : word))
				return false;
		} else if (first && islower((unsigned char)word.p[0]) && !memchr(word.p, '/', word.n) &&
			!command_find(word)) {
			return false;
		}
		first = false;
	}
	return true;
}

static bool span_ok(struct str s)
{
	static const char *const ours[] = { "backend.", "server.", "client.", "routing.", "shammah.", "env." };
	struct str home = STR("~/.shammah/");

	if (str_is(s, "shammah") || str_starts(s, (struct str)STR("shammah ")))
		return command_line_ok(str_from(s, s.n > 8 ? 8 : s.n));
	if (str_starts(s, (struct str)STR("make ")) && !memchr(s.p + 5, ' ', s.n - 5))
		return is_make_target(str_from(s, 5));
	if (s.n > 1 && s.p[0] == '-' && (s.p[1] == '-' ? s.n > 2 : s.n == 2)) {
		size_t n = 0;
		while (n < s.n && s.p[n] != ' ' && s.p[n] != '=')
			n++;
		return is_option((struct str){ s.p, n });
	}
	if (str_starts(s, home))
		return is_home_file(str_from(s, home.n));
	if (str_starts(s, (struct str)STR("/v1")) || str_starts(s, (struct str)STR("/health")) ||
		str_starts(s, (struct str)STR("/metrics")))
		return is_route(s);
	if (s.n > 1 && s.p[0] == '/' && !memchr(s.p + 1, '/', s.n - 1) && islower((unsigned char)s.p[1]))
		return is_prompt_command(s);
	if (is_variable_shaped(s)) {
		own_mem char *name = mem_strndup(s.p, s.n);
		return config_knows_variable(name);
	}
	for (size_t i = 0; i < countof(ours); i++)
		if (str_starts(s, str_of(ours[i])))
			return is_setting(s);
	return true;
}

static size_t wrong;             /* spans found wrong by the test that runs */

static void complain_about(const char *name, struct str span)
{
	print_error("%s names what there is not: %.*s\n", name, STR_ARGS(span));
	wrong++;
}

/*
 * Every `span` of a Markdown text, and every indented line that is a command of ours;
 * returns how many were looked at.
 */
static size_t check_text(const char *name, const char *text)
{
	size_t count = 0;

	for (struct str rest = str_of(text), line; str_split(&rest, '\n', &line); ) {
		if (str_starts(line, (struct str)STR("    shammah")) && !span_ok(str_trim(line)))
			complain_about(name, line);
		while (line.n) {
			const char *open = memchr(line.p, '`', line.n);
			const char *close = open ? memchr(open + 1, '`', line.n - (size_t)(open + 1 - line.p)) : NULL;
			if (!close)
				break;
			struct str span = { open + 1, (size_t)(close - open - 1) };
			if (!span_ok(span))
				complain_about(name, span);
			count++;
			line = str_from(line, (size_t)(close + 1 - line.p));
		}
	}
	return count;
}

static size_t check_folder(const char *folder)
{
	own_mem char *full = source(folder);
	DIR *dir = opendir(full);
	size_t count = 0;

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir)); ) {
		own_mem char *path = path_join(folder, entry->d_name);
		if (entry->d_name[0] == '.')
			continue;
		own_mem char *text = read_source(path);
		char *wordings = strstr(text, "\n## Wordings");
		if (wordings)
			*wordings = '\0';
		count += check_text(path, text);
	}
	closedir(dir);
	return count;
}

/* Whether a text has `name`; says so when not. */
static bool in_quotes(const char *text, const char *name)
{
	own_mem char *span = mem_printf("`%s`", name);

	if (strstr(text, span))
		return true;
	print_error("not in the reference: %s\n", name);
	return false;
}

/* --- tests ------------------------------------------------------------------------------- */

TEST(known_answers_name_only_what_there_is)
{
	wrong = 0;
	assert_true(check_folder("data/answers/topics") > 300);
	check_folder("data/answers/patterns");
	assert_int_equal(wrong, 0);
}

TEST(the_readme_names_only_what_there_is)
{
	own_mem char *readme = read_source("README.md");

	wrong = 0;
	assert_true(check_text("README.md", readme) > 10);
	assert_int_equal(wrong, 0);
}

/* The reference of the configuration is complete, and names only what there is. */
TEST(the_reference_of_the_configuration_is_whole)
{
	own_mem char *text = read_source("docs/configuration.md");
	size_t missing = 0;

	wrong = 0;
	assert_true(check_text("docs/configuration.md", text) > 60);
	assert_int_equal(wrong, 0);
	for (size_t i = 0; i < SETTING_COUNT; i++)
		missing += !in_quotes(text, settings[i].name);
	for (const struct teacher_key *k = teacher_keys; k->name; k++)
		missing += !in_quotes(text, k->name);
	assert_int_equal(missing, 0);
}

TEST(the_manual_names_every_command_option_variable_and_file)
{
	own_mem char *man = read_source("man/shammah.1");

	for (const struct option *x = option_table; x->name; x++) {
		own_mem char *item = mem_printf("Fl %s", x->name + 1);
		if (x->what && !strstr(man, item))
			fail_msg("the manual does not know %s", x->name);
	}
	for (const struct command *c = commands; c->name; c++)
		if (!strstr(man, c->name))
			fail_msg("the manual does not know %s", c->name);
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (settings[i].variable && !strstr(man, settings[i].variable))
			fail_msg("the manual does not know %s", settings[i].variable);
	for (size_t i = 0; i < vendor_count; i++) {
		for (size_t j = 0; vendors[i].keys[j]; j++)
			if (!strstr(man, vendors[i].keys[j]))
				fail_msg("the manual does not know %s", vendors[i].keys[j]);
		if (vendors[i].address && !strstr(man, vendors[i].address))
			fail_msg("the manual does not know %s", vendors[i].address);
	}
	for (size_t i = 0; i < HOME_FILES; i++)
		if (i != HOME_OLD_LOG && !strstr(man, home_files[i]))
			fail_msg("the manual does not know %s", home_files[i]);
}

/* "`A`, `B`", "none needed", … */
static char *key_cell(const struct vendor *v)
{
	own_buf cell = BUF_INIT(1000);

	for (size_t i = 0; v->keys[i]; i++)
		buf_putf(&cell, "%s`%s`", i ? ", " : "", v->keys[i]);
	if (v->keyless)
		buf_putf(&cell, "%s", cell.len ? ", if it wants one" : "none needed");
	return mem_strdup(cell.data);
}

static char *address_cell(const struct provider *p, const struct vendor *v)
{
	return mem_printf("%s%s%s%s", p->default_base_url ? p->default_base_url : "must be named",
		v->address ? ", or `" : "", v->address ? v->address : "", v->address ? "`" : "");
}

TEST(the_page_of_providers_is_the_table_of_providers)
{
	own_mem char *page = read_source("docs/providers.md");
	size_t rows = 0;

	for (size_t i = 0; i < provider_count; i++) {
		const struct provider *p = &providers[i];
		own_mem char *key = key_cell(&vendors[i]), *address = address_cell(p, &vendors[i]);
		own_mem char *row = mem_printf("\n| `%s` | %s | %s | %s | %s |\n", p->name, p->display_name, key,
			address, p->default_model ? p->default_model : "must be named");
		if (!strstr(page, row))
			fail_msg("docs/providers.md lacks the row%s", row);
	}
	for (const char *at = page; (at = strstr(at, "\n| `")); at++)
		rows++;
	assert_int_equal(rows, provider_count + 1);    /* the head begins so as well */
}

TEST(the_checker_itself_finds_what_is_wrong)
{
	static const char *const good[] = {
		"shammah", "shammah -p \"any words here\"", "shammah daemon stop", "shammah models pull",
		"shammah --model DIR", "make run", "--port N", "-q",
		"~/.shammah/daemon.log", "/v1/models/{id}", "/clear", "ANTHROPIC_API_KEY", "backend.model",
		"env.SHAMMAH_API_KEY", "x = 1",
	};
	static const char *const bad[] = {
		"shammah modles pull", "shammah --modle DIR", "make coffee", "--verbosely", "-z",
		"~/.shammah/settings.toml", "/v1/messages", "/compact", "AZURE_API_KEY", "backend.modle", "env.PATH",
	};

	for (size_t i = 0; i < countof(good); i++)
		if (!span_ok(str_of(good[i])))
			fail_msg("refused: %s", good[i]);
	for (size_t i = 0; i < countof(bad); i++)
		if (span_ok(str_of(bad[i])))
			fail_msg("accepted: %s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers_name_only_what_there_is),
		cmocka_unit_test(the_readme_names_only_what_there_is),
		cmocka_unit_test(the_reference_of_the_configuration_is_whole),
		cmocka_unit_test(the_manual_names_every_command_option_variable_and_file),
		cmocka_unit_test(the_page_of_providers_is_the_table_of_providers),
		cmocka_unit_test(the_checker_itself_finds_what_is_wrong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
