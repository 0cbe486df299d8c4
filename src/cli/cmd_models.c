/* `shammah models`: the models of this machine, and those to be had. */
#include "cli/models.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/path.h"
#include "cli/link.h"
#include "hub/graphs.h"

static const struct action {
	const char *word;
	int (*act)(struct models *m);
} actions[] = {
	{ "list", models_list },
	{ "pull", models_pull },
	{ "cancel", models_cancel },
	{ "rm", models_remove },
	{ "show", models_show },
	{ "use", models_use },
	{ "recommend", models_recommend },
	{ "verify", models_verify },
	{ "bench", models_bench },
};

bool models_named(const struct models *m, const char *action, struct error *err)
{
	if (!m->name)
		return error_set(err, ERROR_INVALID,
			"usage: shammah models %s NAME; `shammah models list` shows the names", action);
	return true;
}

void models_choose(const struct models *m, struct choice *choice, struct machine *machine)
{
	const char *precision = m->options->precision ? m->options->precision : graph_names[0].precision;

	machine_look(machine, m->hub.cache);
	choose_model(choice, machine, precision);
}

char *models_in_use(const struct models *m)
{
	const char *name = config_text(m->config, SETTING_MODEL);
	own_model_spec spec = {0};
	struct error err = {0};

	if (!name || !spec_parse(&spec, name, &err))
		return NULL;
	return spec_find(&m->hub, &spec, NULL, NULL, &err);
}

bool models_precisions(const char *folder, struct buf *out)
{
	static const char *const folders[] = { "onnx/", "" };

	for (size_t i = 0; i < graph_name_count; i++) {
		for (size_t j = 0; j < countof(folders); j++) {
			own_mem char *path = mem_printf("%s/%s%s", folder, folders[j], graph_names[i].file);
			if (!path_is_file(path))
				continue;
			buf_putf(out, "%s%s", out->len ? ", " : "", graph_names[i].precision);
			break;
		}
	}
	return out->len;
}

struct prepare_options models_prepare_options(const char *cache, const char *precision)
{
	return (struct prepare_options){ .engine.precision = precision, .cache_dir = cache };
}

bool models_tell(const struct models *m, json_t *body, struct error *err)
{
	own_json *owned = body;
	own_link link = {0};
	int status;

	if (!link_attach(&link, m->config, err))
		return false;
	own_json *reply = link_json(&link, "/v1/daemon/models", owned, &status, err);
	return reply && (status == 200 || link_refused(reply, status, err));
}

void models_tell_use(const struct models *m, const char *name, const char *folder)
{
	own_json *body = json_pack("{s:s, s:s, s:s}", "action", "use", "model", name, "folder", folder);
	struct error none = {0}, err = {0};
	own_link link = {0};

	if (link_attach(&link, m->config, &none) && !models_tell(m, json_incref(body), &err))
		fprintf(stderr, "shammah: the running daemon does not use it yet: %s\n", err.text);
}

void models_tell_reload(const struct models *m, const char *folder)
{
	own_json *status = models_status(m), *body = json_pack("{s:s}", "model", folder);
	const char *loaded = json_member_string(json_object_get(status, "model"), "folder");
	struct error err = {0};
	own_link link = {0};
	int code = 0;

	if (!loaded || strcmp(loaded, folder) != 0 || !link_attach(&link, m->config, &err))
		return;
	own_json *reply = link_json(&link, "/v1/daemon/configure", body, &code, &err);
	if (!reply || (code != 200 && !link_refused(reply, code, &err)))
		fprintf(stderr, "shammah: the running daemon does not use it yet: %s\n", err.text);
}

json_t *models_status(const struct models *m)
{
	struct error err = {0};
	own_link link = {0};
	int status;

	return link_attach(&link, m->config, &err) ? link_json(&link, "/v1/status", NULL, &status, &err) : NULL;
}

static int run(struct models *m, struct str word)
{
	struct error err = {0};

	if (m->options->precision && !graph_precision_known(m->options->precision)) {
		error_set(&err, ERROR_INVALID, "there is no precision %.40s; there are %s", m->options->precision,
			graph_precisions);
		return complain(&err);
	}
	for (size_t i = 0; i < countof(actions); i++)
		if (str_is(word, actions[i].word))
			return actions[i].act(m);
	error_set(&err, ERROR_INVALID, "usage: shammah models %s", m->options->command->usage);
	return complain(&err);
}

int cmd_models(const struct options *o, struct config *c)
{
	struct str rest = str_of(o->text ? o->text : "list"), word = {0};
	struct models m = { .options = o, .config = c };
	struct error err = {0};

	(void)str_split(&rest, ' ', &word);
	own_mem char *name = rest.p && rest.n ? mem_strndup(rest.p, rest.n) : NULL;
	m.name = name;
	own_mem char *home = m.home = path_shammah(&err);
	if (!home || !hub_init(&m.hub, &err))
		return complain(&err);
	int code = run(&m, word);
	hub_done(&m.hub);
	return code;
}
