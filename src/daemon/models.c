#include "daemon/models.h"

#include <limits.h>
#include <stdio.h>

#include "base/mem.h"
#include "config/config.h"
#include "daemon/api.h"
#include "hub/spec.h"

static void refuse(struct reply *r, const struct error *err)
{
	unsigned status = err->kind == ERROR_INVALID ? 400 :
		err->kind == ERROR_NOT_FOUND ? 404 : err->kind == ERROR_UNAVAILABLE ? 409 : 500;

	reply_error(r, status, status < 500 ? "invalid_request_error" : "server_error", "model", NULL, err->text);
}

static bool pull(struct service *s, const json_t *body, struct error *err)
{
	struct download_request request = {
		.model = json_member_string(body, "model"), .precision = json_member_string(body, "precision"),
		.endpoint = json_member_string(body, "endpoint"), .cache = json_member_string(body, "cache"),
		.token = json_member_string(body, "token"), .use = json_is_true(json_object_get(body, "use")),
	};

	return download_start(s->download, &request, err);
}

static bool cancel(struct service *s, const json_t *body, struct error *err)
{
	(void)body;
	return download_cancel(s->download) || error_set(err, ERROR_NOT_FOUND, "nothing is being downloaded");
}

static bool use(struct service *s, const json_t *body, struct error *err)
{
	const char *name = json_member_string(body, "model");

	if (!name)
		return error_set(err, ERROR_INVALID, "\"model\" is missing");
	const char *known = json_member_string(body, "folder");
	own_mem char *folder = known ? mem_strdup(known) : spec_locate(name, err);
	if (!folder || !config_use_model(s->life.home, name, err))
		return false;
	worker_load(s->worker, folder);
	return true;
}

static const struct action {
	const char *name;
	bool (*act)(struct service *s, const json_t *body, struct error *err);
} actions[] = { { "pull", pull }, { "cancel", cancel }, { "use", use } };

static bool act(struct service *s, const json_t *body, struct error *err)
{
	struct str name = json_member_str(body, "action");

	for (size_t i = 0; i < countof(actions); i++)
		if (str_is(name, actions[i].name))
			return actions[i].act(s, body, err);
	return error_set(err, ERROR_INVALID, "\"action\" must be pull, cancel or use");
}

void models_change(void *user, const struct http_request_in *in, struct reply *r)
{
	struct service *s = user;
	own_json *body = api_own_body(s, in, r);
	struct download_status status;
	struct error err = {0};

	if (!body)
		return;
	if (!act(s, body, &err)) {
		refuse(r, &err);
		return;
	}
	download_status(s->download, &status);
	api_send(r, json_pack("{s:b, s:o}", "ok", 1, "download", download_json(&status)));
}

void models_installed(void (*each)(void *user, const char *name), void *user)
{
	struct error err = {0};
	own_hub_cache cache = {0};
	own_hub hub = {0};

	if (!hub_init(&hub, &err) || !hub_list(&hub, &cache, &err))
		return;
	for (size_t i = 0; i < cache.count; i++) {
		struct model_spec spec = { .repo = cache.entries[i].repo };
		bool first = i == 0 || strcmp(cache.entries[i - 1].repo, cache.entries[i].repo) != 0;
		own_mem char *folder = first ? spec_find(&hub, &spec, NULL, NULL, &err) : NULL;
		if (folder)
			each(user, cache.entries[i].repo);
	}
}

bool models_explain(struct str name, char *hint, size_t size)
{
	own_model_spec spec = {0};
	struct error err = {0};
	own_hub hub = {0};

	own_mem char *text = mem_strndup(name.p, name.n < NAME_MAX ? name.n : NAME_MAX);

	if (!hub_init(&hub, &err) || !spec_parse(&spec, text, &err) || spec.folder)
		return false;
	own_mem char *folder = spec_find(&hub, &spec, NULL, NULL, &err);
	if (folder)
		snprintf(hint, size, "%s is installed but not loaded; `shammah models use %s` switches to it, "
			"and \"auto\" is whichever is loaded", spec_name(&spec), spec_name(&spec));
	return folder;
}
