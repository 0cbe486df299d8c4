/* `shammah config`: what holds, where it came from, and what is wrong with the files. */
#include <stdio.h>

#include "base/mem.h"
#include "cli/commands.h"
#include "cli/mask.h"
#include "cli/show.h"
#include "config/teachers.h"

#define VISIBLE_MAX ((size_t)4 << 20)

/* A list's lines with commas between. */
static char *one_line(const struct value *v)
{
	own_mem char *text = mem_strdup("");

	for (struct str rest = str_of(v->text), line; str_split(&rest, '\n', &line); ) {
		own_mem char *before = take(text);
		text = mem_printf("%s%s%.*s", before, *before ? ", " : "", STR_ARGS(line));
	}
	return take(text);
}

/* ---- As text ---- */

/* A line of what files hold, and those may be anybody's; frees it. */
static void print_line(FILE *out, char *line)
{
	own_buf visible = BUF_INIT(VISIBLE_MAX);
	struct error err = {0};

	fprintf(out, "%s\n", show_visible(&visible, str_of(line), &err) ? visible.data : "(too long)");
	free(line);
}

static void print_setting(const struct config *c, enum setting s)
{
	const struct value *v = &c->values[s];
	own_mem char *text = v->text ? one_line(v) : NULL;

	if (text)
		print_line(stdout, mem_printf("%s = %s   # %s", settings[s].name, text, v->origin));
	else
		printf("%s = (unset)\n", settings[s].name);
}

static void print_part(size_t i, const char *name, const char *text, const char *origin)
{
	if (text)
		print_line(stdout, mem_printf("teachers[%zu].%s = %s   # %s", i, name, text, origin));
}

static void print_price(size_t i, const char *name, uint32_t micros, const struct teacher_config *t)
{
	char text[32];

	snprintf(text, sizeof text, "%.15g", micros / 1e6);
	print_part(i, name, t->priced ? text : NULL, t->origin);
}

static void print_teacher(const struct teacher_config *t, size_t i)
{
	char masked[MASK_TEXT];

	print_part(i, "name", t->name, t->origin);
	print_part(i, "provider", t->provider, t->origin);
	print_part(i, "model", t->model, t->model_origin);
	print_part(i, "base_url", t->base_url, t->base_url_origin);
	if (t->key.text)
		print_part(i, t->bearer ? "api_key (as Bearer)" : "api_key", mask_secret(t->key.text, masked),
			t->key.origin);
	else if (t->helper)
		print_part(i, "api_key", "(a command prints it)", t->key.origin);
	print_price(i, "price_input", t->price_input, t);
	print_price(i, "price_output", t->price_output, t);
	for (char **h = t->headers; h && *h; h++)
		printf("teachers[%zu].headers = %.*s: (hidden)\n", i, (int)strcspn(*h, ":"), *h);
}

static void print_permissions(const struct config *c)
{
	size_t i;
	json_t *p;

	json_array_foreach(c->permissions, i, p) {
		own_buf text = BUF_INIT((size_t)4 << 20);
		struct error err = {0};
		if (json_object_size(json_object_get(p, "permissions")) &&
			json_write(&text, json_object_get(p, "permissions"), &err))
			print_line(stdout,
				mem_printf("permissions = %s   # %s", text.data, json_member_string(p, "file")));
	}
}

static const char *const kinds[] = {
	[FINDING_NOTE] = "note", [FINDING_WARNING] = "warning", [FINDING_ERROR] = "error",
};

static size_t print_findings(const struct config *c, FILE *out)
{
	size_t errors = 0;

	for (size_t i = 0; i < c->finding_count; i++) {
		print_line(out, mem_printf("%s: %s", kinds[c->findings[i].kind], c->findings[i].text));
		errors += c->findings[i].kind == FINDING_ERROR;
	}
	return errors;
}

static size_t show(const struct config *c)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		print_setting(c, (enum setting)i);
	for (size_t i = 0; i < c->teacher_count; i++)
		print_teacher(&c->teachers[i], i);
	print_permissions(c);
	return print_findings(c, stderr);
}

static size_t check(const struct config *c)
{
	size_t errors = print_findings(c, stdout);

	if (!c->finding_count)
		puts("nothing is wrong");
	return errors;
}

static size_t show_paths(const struct config *c)
{
	for (size_t i = 0; i < c->file_count; i++)
		print_line(stdout, mem_printf("%s   # %s", c->files[i].path,
			config_file_state_names[c->files[i].state]));
	return 0;
}

/* ---- As JSON ---- */

/* Paths and what files hold may be no UTF-8. */
static json_t *text_of(const char *text)
{
	json_t *string = text ? json_string(text) : json_null();

	return string ? string : json_string("?");
}

static json_t *valued(const char *text, const char *origin)
{
	return json_pack("{s:o, s:o}", "value", text_of(text), "origin", text_of(text ? origin : NULL));
}

static json_t *setting_json(const struct config *c, enum setting s)
{
	const struct value *v = &c->values[s];
	json_t *list = json_array();

	if (settings[s].kind != SETTING_LIST || !v->text) {
		json_decref(list);
		return valued(v->text, v->origin);
	}
	for (struct str rest = str_of(v->text), line; str_split(&rest, '\n', &line); )
		json_array_append_new(list, json_stringn(line.p, line.n));
	return json_pack("{s:o, s:o}", "value", list, "origin", text_of(v->origin));
}

static json_t *teacher_json(const struct teacher_config *t)
{
	char masked[MASK_TEXT];
	json_t *input = t->priced ? json_real(t->price_input / 1e6) : NULL;
	json_t *output = t->priced ? json_real(t->price_output / 1e6) : NULL;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:o*, s:o*}", "name", text_of(t->name), "provider",
		text_of(t->provider), "model", valued(t->model, t->model_origin), "base_url",
		valued(t->base_url, t->base_url_origin), "api_key",
		t->helper ? valued("(a command prints it)", t->key.origin)
				: valued(t->key.text ? mask_secret(t->key.text, masked) : NULL, t->key.origin),
		"bearer", t->bearer, "helper", t->helper != NULL, "origin", text_of(t->origin), "price_input",
		input, "price_output", output);
}

static size_t show_json(const struct config *c)
{
	own_json *all = json_pack("{s:{}, s:[], s:O, s:[], s:[]}", "settings", "teachers", "permissions",
		c->permissions, "files", "findings");
	json_t *set = json_object_get(all, "settings");
	own_buf text = BUF_INIT((size_t)16 << 20);
	struct error err = {0};
	size_t errors = 0;

	for (size_t i = 0; i < SETTING_COUNT; i++)
		json_object_set_new(set, settings[i].name, setting_json(c, (enum setting)i));
	for (size_t i = 0; i < c->teacher_count; i++)
		json_array_append_new(json_object_get(all, "teachers"), teacher_json(&c->teachers[i]));
	for (size_t i = 0; i < c->file_count; i++)
		json_array_append_new(json_object_get(all, "files"), json_pack("{s:o, s:s}", "path",
			text_of(c->files[i].path), "state", config_file_state_names[c->files[i].state]));
	for (size_t i = 0; i < c->finding_count; i++) {
		json_array_append_new(json_object_get(all, "findings"), json_pack("{s:s, s:o}", "kind",
			kinds[c->findings[i].kind], "text", text_of(c->findings[i].text)));
		errors += c->findings[i].kind == FINDING_ERROR;
	}
	if (!json_write(&text, all, &err))
		return complain(&err);
	puts(text.data);
	return errors;
}

int cmd_config(const struct options *o, struct config *c)
{
	const char *word = o->text ? o->text : "";
	size_t errors = strcmp(word, "check") == 0 && !o->json ? check(c) : strcmp(word, "path") == 0 ? show_paths(c) :
		o->json ? show_json(c) : show(c);

	return errors ? EXIT_NO_ANSWER : EXIT_ANSWERED;
}
