/* `shammah models use`, `rm`, `verify`. */
#include "cli/models.h"

#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/interrupt.h"
#include "cli/show.h"
#include "hub/precision.h"

/* ---- use ---- */

/* A setting above it would win, and the choice seem without effect. */
static void warn_of_others(const struct models *m)
{
	const struct value *v = &m->config->values[SETTING_MODEL];

	if (v->text && strcmp(v->origin, CONFIG_MODEL_FILE) != 0)
		fprintf(stderr, "shammah: %s names %s, and that counts more\n", v->origin, v->text);
}

static bool choose_precision(const struct models *m, const char *folder, struct error *err)
{
	return !m->options->precision || precision_choose(m->home, folder, m->options->precision, err);
}

int models_use(struct models *m)
{
	own_model_spec spec = {0};
	struct error err = {0};

	if (!models_named(m, "use", &err) || !spec_parse(&spec, m->name, &err))
		return complain(&err);
	own_mem char *folder = spec_find(&m->hub, &spec, m->options->precision, NULL, &err);
	const char *name = spec.folder ? spec.folder : m->name;
	if (!folder || !choose_precision(m, folder, &err) || !config_use_model(m->home, name, &err))
		return complain(&err);
	printf("%s is the model in use from now on.\n", name);
	warn_of_others(m);
	models_tell_use(m, name, folder);
	if (m->options->precision)
		models_tell_reload(m, folder);
	return EXIT_ANSWERED;
}

/* ---- rm ---- */

/* Whether the user really wants it; false with an error when nobody can be asked, without one when the answer is no. */
static bool is_meant(const struct models *m, const char *repo, bool in_use, struct error *err)
{
	own_mem char *question = mem_printf("Remove %s%s%s?", repo, m->options->revision ? " at " : "",
		m->options->revision ? m->options->revision : "");

	if (in_use)
		fprintf(stderr, "%s is the model in use.\n", repo);
	if (m->options->yes)
		return true;
	if (!isatty(STDIN_FILENO))
		return error_set(err, ERROR_INVALID, "%s is not removed without a question; --yes does", repo);
	interrupt_init();
	return show_confirm(question);
}

/* The repository of the name that lies in the cache. */
static const char *cached_repository(const struct hub_cache *cache, const struct model_spec *spec)
{
	const char *repo;

	for (size_t i = 0; (repo = spec_repository(spec, i)); i++)
		for (size_t j = 0; j < cache->count; j++)
			if (strcmp(cache->entries[j].repo, repo) == 0)
				return repo;
	return NULL;
}

/* The name in use means nothing any more. */
static bool forget_use(const struct models *m, struct error *err)
{
	const struct value *v = &m->config->values[SETTING_MODEL];

	if (strcmp(v->origin, CONFIG_MODEL_FILE) != 0)
		return true;
	puts("No model is in use now.");
	return config_use_model(m->home, NULL, err);
}

static bool lies_in(const char *folder, const struct hub_cache *cache, const char *repo)
{
	for (size_t i = 0; folder && i < cache->count; i++)
		if (strcmp(cache->entries[i].repo, repo) == 0 && strcmp(cache->entries[i].path, folder) == 0)
			return true;
	return false;
}

/* Files that are gone stay with whoever has them open. */
static void warn_of_daemon(const struct models *m, const struct hub_cache *cache, const char *repo)
{
	own_json *status = models_status(m);
	const char *loaded = json_member_string(json_object_get(status, "model"), "folder");

	if (lies_in(loaded, cache, repo))
		puts("The running daemon keeps it in memory until it ends (`shammah daemon stop`) or another is used.");
}

static bool remove_model(struct models *m, const struct model_spec *spec, struct error *err)
{
	own_mem char *used = models_in_use(m);
	own_hub_cache cache = {0};
	char size[SIZE_TEXT];
	uint64_t freed = 0;

	if (!hub_list(&m->hub, &cache, err))
		return false;
	const char *repo = cached_repository(&cache, spec);
	if (!repo)
		return error_set(err, ERROR_NOT_FOUND, "%s is not on this machine; `shammah models list` shows what is",
			m->name);
	bool in_use = lies_in(used, &cache, repo);
	if (!is_meant(m, repo, in_use, err))
		return !err->kind;
	const char *revision = m->options->revision ? m->options->revision : spec->revision;
	if (!hub_remove(&m->hub, repo, revision, &freed, err))
		return false;
	printf("%s is removed; %s are free again.\n", repo, size_text(freed, size));
	warn_of_daemon(m, &cache, repo);
	own_mem char *still = in_use ? models_in_use(m) : NULL;
	return !in_use || still || forget_use(m, err);
}

int models_remove(struct models *m)
{
	own_model_spec spec = {0};
	struct error err = {0};

	if (!models_named(m, "rm", &err) || !spec_parse(&spec, m->name, &err))
		return complain(&err);
	if (spec.folder) {
		error_set(&err, ERROR_INVALID, "%s is a folder of yours; only what lies in %s is removed", spec.folder,
			m->hub.cache);
		return complain(&err);
	}
	return remove_model(m, &spec, &err) ? EXIT_ANSWERED : complain(&err);
}

/* ---- verify ---- */

static void on_verdict(void *user, const char *path, enum hub_verdict verdict)
{
	static const char *const words[] = { [HUB_GOOD] = "good", [HUB_DAMAGED] = "DAMAGED",
		[HUB_UNKNOWN] = "its hash is not known" };

	(void)user;
	printf("  %-40s %s\n", path, words[verdict]);
	fflush(stdout);
}

int models_verify(struct models *m)
{
	own_model_spec spec = {0};
	own_hub_cache cache = {0};
	struct error err = {0};
	struct cancel cancel;

	if (!models_named(m, "verify", &err) || !spec_parse(&spec, m->name, &err) || !hub_list(&m->hub, &cache, &err))
		return complain(&err);
	const char *repo = cached_repository(&cache, &spec);
	if (!repo) {
		error_set(&err, ERROR_NOT_FOUND, "%s is not in %s", m->name, m->hub.cache);
		return complain(&err);
	}
	interrupt_init();
	cancel_init(&cancel);
	interrupt_guards(&cancel);
	const char *revision = m->options->revision ? m->options->revision : spec.revision;
	bool ok = hub_verify(&m->hub, repo, revision, on_verdict, NULL, &cancel, &err);
	interrupt_guards(NULL);
	cancel_done(&cancel);
	if (ok)
		printf("%s is whole.\n", repo);
	else if (err.kind == ERROR_CANCELLED)
		return EXIT_INTERRUPTED;
	return ok ? EXIT_ANSWERED : complain(&err);
}
