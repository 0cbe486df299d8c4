#include "text/template.h"

#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "base/utf8.h"

#define CONFIG_MAX (16u << 20)   /* bytes; the files list every added token */

static bool is_family(const struct template *t, const char *chat_template)
{
	for (size_t i = 0; i < countof(t->markers) && t->markers[i]; i++)
		if (!strstr(chat_template, t->markers[i]))
			return false;
	return true;
}

const struct template *template_of(const char *chat_template)
{
	for (size_t i = 0; i < template_count; i++)
		if (is_family(templates[i], chat_template))
			return templates[i];
	return NULL;
}

/* A template's text in a configuration: a string, or a list of named ones of which "default" is meant. */
static const char *chat_template(const json_t *config)
{
	const json_t *value = json_object_get(config, "chat_template"), *named;
	size_t i;

	json_array_foreach(value, i, named) {
		const char *name = json_member_string(named, "name");
		if (name && strcmp(name, "default") == 0)
			return json_member_string(named, "template");
	}
	return json_string_value(value);
}

static const struct template *find(const char *text, const char *path, struct error *err)
{
	const struct template *t = text ? template_of(text) : NULL;

	if (!text)
		error_set(err, ERROR_NOT_FOUND, "%s has no chat_template: use a model made for chat (\"Instruct\")",
			path);
	else if (!t)
		error_set(err, ERROR_NOT_FOUND, "%s: the chat template is of no family we know", path);
	return t;
}

const struct template *template_find(const char *directory, struct error *err)
{
	own_mem char *jinja = path_join(directory, "chat_template.jinja");
	own_mem char *path = path_join(directory, "tokenizer_config.json");

	if (path_is_file(jinja)) {
		own_mem char *text = file_read(jinja, CONFIG_MAX, NULL, err);
		return text ? find(text, jinja, err) : NULL;
	}
	own_json *config = json_parse_file(path, CONFIG_MAX, err);
	return config ? find(chat_template(config), path, err) : NULL;
}

static bool uses_tools(const struct chat *chat)
{
	for (size_t i = 0; i < chat->message_count; i++)
		if (chat->messages[i].call_count || chat->messages[i].role == ROLE_TOOL)
			return true;
	return chat->tool_count > 0;
}

bool template_render(const struct template *t, const struct chat *chat, bool ask, struct prompt *out, struct error *err)
{
	if (!t->dialect && uses_tools(chat))
		return error_set(err, ERROR_INVALID, "the %s chat template takes no tools here", t->name);
	for (size_t i = 0; i < chat->message_count; i++)
		if (!utf8_valid(chat->messages[i].text.p, chat->messages[i].text.n) ||
		    !utf8_valid(chat->messages[i].thoughts.p, chat->messages[i].thoughts.n))
			return error_set(err, ERROR_INVALID, "message %zu is not UTF-8", i);
	return t->render(t, chat, ask, out, err);
}
