#include "cli/report.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"
#include "cli/show.h"

#define TEXT_MAX ((size_t)1 << 20)
#define SECRET_LEAST 6
#define NAME_WIDTH 12

static const char *const result_names[] = { [REPORT_OK] = "ok", [REPORT_WARN] = "warn", [REPORT_FAIL] = "fail" };
static const char *const colours[] = {
	[REPORT_OK] = "\033[32m", [REPORT_WARN] = "\033[33m", [REPORT_FAIL] = "\033[31m"
};

void report_init(struct report *r, const char *home)
{
	*r = (struct report){ .rows = json_array(), .home = home && strlen(home) > 1 ? mem_strdup(home) : NULL };
}

void report_done(struct report *r)
{
	json_decref(r->rows);
	free(r->home);
	for (size_t i = 0; i < r->secret_count; i++)
		free(r->secrets[i]);
	free(r->secrets);
	*r = (struct report){0};
}

void report_secret(struct report *r, const char *secret)
{
	if (!secret || strlen(secret) < SECRET_LEAST)
		return;
	r->secrets = mem_resize(r->secrets, r->secret_count + 1, sizeof *r->secrets);
	r->secrets[r->secret_count++] = mem_strdup(secret);
}

/* Takes the text over and gives it back with every `what` replaced. */
static char *replaced(char *text, const char *what, const char *by)
{
	size_t n = strlen(what);

	for (char *at = text; (at = strstr(at, what)); ) {
		size_t before = (size_t)(at - text);
		char *longer = mem_printf("%.*s%s%s", (int)before, text, by, at + n);
		free(text);
		text = longer;
		at = text + before + strlen(by);
	}
	return text;
}

static char *filtered(const struct report *r, char *text)
{
	for (size_t i = 0; i < r->secret_count; i++)
		text = replaced(text, r->secrets[i], "***");
	if (r->home)
		text = replaced(text, r->home, "~");
	own_buf visible = BUF_INIT(TEXT_MAX);
	struct error err = {0};
	bool whole = show_visible(&visible, str_of(text), &err);
	free(text);
	for (size_t i = 0; i < visible.len; i++)
		if (visible.data[i] == '\n' || visible.data[i] == '\t')
			visible.data[i] = ' ';
	return mem_strdup(whole ? visible.data : "(too long)");
}

void report_add(struct report *r, enum report_result result, const char *advice, const char *fmt, ...)
{
	char *whole = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&whole, fmt, ap) < 0)
		mem_panic("no memory for a row of the report");
	va_end(ap);
	own_mem char *text = filtered(r, whole), *what = advice ? filtered(r, mem_strdup(advice)) : NULL;
	json_t *row = json_pack("{s:s, s:s, s:o}", "check", r->check, "result", result_names[result], "text",
		json_string(text));
	if (what)
		json_object_set_new(row, "advice", json_string(what));
	json_array_append_new(r->rows, row);
	r->count[result]++;
}

static enum report_result result_of(const json_t *row)
{
	const char *name = json_member_string(row, "result");
	enum report_result result = REPORT_OK;

	while (strcmp(result_names[result], name) != 0)
		result++;
	return result;
}

void report_print(const struct report *r, bool colour)
{
	const char *last = "";
	size_t i;
	json_t *row;

	json_array_foreach(r->rows, i, row) {
		const char *check = json_member_string(row, "check"), *advice = json_member_string(row, "advice");
		enum report_result result = result_of(row);
		printf("%s%-4s%s  %-*s  %s\n", colour ? colours[result] : "", result_names[result],
			colour ? "\033[0m" : "", NAME_WIDTH, strcmp(check, last) == 0 ? "" : check,
			json_member_string(row, "text"));
		if (advice)
			printf("      %-*s  -> %s\n", NAME_WIDTH, "", advice);
		last = check;
	}
	size_t warnings = r->count[REPORT_WARN], failures = r->count[REPORT_FAIL];
	printf("\n%zu warning%s, %zu failure%s.\n", warnings, warnings == 1 ? "" : "s", failures,
		failures == 1 ? "" : "s");
}

json_t *report_json(const struct report *r)
{
	return json_pack("{s:s, s:O, s:I, s:I}", "version", SHAMMAH_VERSION, "checks", r->rows, "warnings",
		(json_int_t)r->count[REPORT_WARN], "failures", (json_int_t)r->count[REPORT_FAIL]);
}
