/* `shammah models pull`, `cancel`: bring a model here, with progress; or have the daemon bring it. */
#include "cli/models.h"

#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/bar.h"
#include "cli/interrupt.h"
#include "cli/link.h"
#include "config/home.h"
#include "hub/obtain.h"
#include "hub/graphs.h"

#define TEXT_MAX ((size_t)16 << 10)

struct pulling {
	struct bar bar;
	char said[200];              /* the last trouble, so that it is said once */
};

static const char *const stages[] = {
	[HUB_ASKING] = "asking", [HUB_FETCHING] = "fetching", [HUB_WAITING] = "another program fetches",
	[HUB_VERIFYING] = "verifying",
};

static void on_begin(void *user, const struct obtained *what)
{
	const struct catalogue_model *known = catalogue_find(str_of(what->repo));
	struct pulling *p = user;
	char size[SIZE_TEXT];
	own_mem char *line = mem_printf("%s, %s, %s%s%s%s%s", what->repo, what->precision, size_text(what->bytes, size),
		known ? "; licence: " : "", known ? known->licence : "", known && known->terms ? ", " : "",
		known && known->terms ? known->terms : "");

	bar_say(&p->bar, line);
}

static void on_skip(void *user, const struct catalogue_model *skipped, const struct error *why)
{
	struct pulling *p = user;
	own_mem char *line = mem_printf("The Hub does not give %s (%s); the next smaller one is taken.", skipped->name,
		why->text);

	bar_say(&p->bar, line);
}

static void on_progress(void *user, const struct hub_progress *progress)
{
	struct pulling *p = user;

	if (progress->trouble && strcmp(progress->trouble, p->said) != 0) {
		own_mem char *line = mem_printf("%s; trying again", progress->trouble);
		snprintf(p->said, sizeof p->said, "%s", progress->trouble);
		bar_say(&p->bar, line);
	}
	if (progress->stage != HUB_ASKING)
		bar_show(&p->bar, stages[progress->stage], progress->done, progress->total, progress->per_second);
}

/* ---- In this process ---- */

/* Who asks for a model by name gets it, and is told when it will not run well here. */
static void warn_of_size(const struct models *m, const struct model_spec *spec)
{
	const struct catalogue_model *known = spec->model ? spec->model : catalogue_find(str_of(spec->repo));
	const char *precision = m->options->precision ? m->options->precision : graph_names[0].precision;
	own_buf text = BUF_INIT(TEXT_MAX);
	struct machine machine;

	machine_look(&machine, m->hub.cache);
	if (!known || choose_verdict(&machine, known, precision) == FITS)
		return;
	choose_explain(&text, &machine, known, precision);
	fprintf(stderr, "%s %s.\n", known->name, text.data);
}

/* The name it is known by from then on goes into `name`. */
static bool fetch(const struct models *m, const struct obtain *f, struct obtained *result, char **name,
	struct error *err)
{
	const struct catalogue_model *taken;
	own_buf text = BUF_INIT(TEXT_MAX);
	own_model_spec spec = {0};
	struct machine machine;
	struct choice choice;

	if (m->name) {
		*name = mem_strdup(m->name);
		if (!spec_parse(&spec, m->name, err))
			return false;
		if (spec.folder)
			return error_set(err, ERROR_INVALID, "%s is a folder; only models of the Hub are fetched",
				m->name);
		if (m->options->revision) {
			free(spec.revision);
			spec.revision = mem_strdup(m->options->revision);
		}
		warn_of_size(m, &spec);
		return obtain_model(f, &spec, result, err);
	}
	models_choose(m, &choice, &machine);
	choose_describe(&text, &choice, &machine, f->precision ? f->precision : graph_names[0].precision);
	fputs(text.data, stderr);
	bool ok = obtain_first(f, choice.ranked, choice.count, &taken, result, err);
	*name = ok ? mem_strdup(taken->name) : NULL;
	return ok;
}

/* ---- Preparing it ---- */

/* `done` of `total` in thousandths: what it is measured in is no matter of bytes. */
static void on_prepare(void *user, enum prepare_stage stage, double share)
{
	struct pulling *p = user;

	bar_share(&p->bar, prepare_stage_name(stage), share);
}

/* That a model cannot be prepared is no failure: ONNX Runtime runs it as it is. */
static bool prepare(const struct models *m, struct pulling *p, const struct obtained *what, struct cancel *cancel,
	struct error *err)
{
	own_mem char *cache = home_path(m->home, HOME_CACHE);
	struct prepare_options options = models_prepare_options(cache, what->precision);
	own_prepared_model prepared = {0};

	options.progress = on_prepare;
	options.user = p;
	options.cancel = cancel;
	if (!prepare_model(what->folder, &options, &prepared, err))
		return false;
	bar_end(&p->bar);
	if (prepared.path)
		printf("It is prepared for this machine: %s.\n", prepared.reason);
	else
		printf("It is not prepared, and runs as published: %s.\n", prepared.reason);
	return true;
}

/* The first model that comes is the one in use. */
static bool use_if_first(const struct models *m, const char *name, const char *folder, struct error *err)
{
	if (config_text(m->config, SETTING_MODEL)) {
		printf("`shammah models use %s` makes it the model in use.\n", name);
		return true;
	}
	if (!config_use_model(m->home, name, err))
		return false;
	printf("%s is the model in use from now on.\n", name);
	models_tell_use(m, name, folder);
	return true;
}

static int failed(const struct models *m, struct cancel *cancel, const struct error *err)
{
	if (!cancel_fired(cancel))
		return complain(err);
	fprintf(stderr, "Stopped. What has come is kept; `shammah models pull%s%s` goes on from there.\n",
		m->name ? " " : "", m->name ? m->name : "");
	return EXIT_INTERRUPTED;
}

static int pull(struct models *m)
{
	struct pulling p = {0};
	own_obtained result = {0};
	own_mem char *name = NULL;
	struct error err = {0};
	struct cancel cancel;

	bar_init(&p.bar);
	cancel_init(&cancel);
	interrupt_init();
	interrupt_guards(&cancel);
	struct obtain f = {
		.hub = &m->hub, .precision = m->options->precision, .on_begin = on_begin, .on_skip = on_skip,
		.on_progress = on_progress,
		.user = &p, .cancel = &cancel,
	};
	bool ok = fetch(m, &f, &result, &name, &err);
	bar_end(&p.bar);
	if (ok)
		printf("%s is here, whole and verified: %s\n", name, result.folder);
	fflush(stdout);
	ok = ok && prepare(m, &p, &result, &cancel, &err);
	bar_end(&p.bar);
	interrupt_guards(NULL);
	ok = ok && use_if_first(m, name, result.folder, &err);
	int code = ok ? EXIT_ANSWERED : failed(m, &cancel, &err);
	cancel_done(&cancel);
	return code;
}

/* ---- In the daemon ---- */

static void set(json_t *object, const char *key, const char *text)
{
	if (text)
		json_object_set_new(object, key, json_string(text));
}

json_t *models_pull_request(const struct hub *hub, const char *model, const char *precision, bool use)
{
	json_t *body = json_pack("{s:s, s:b}", "action", "pull", "use", use);

	set(body, "model", model);
	set(body, "precision", precision);
	set(body, "endpoint", hub->endpoint);
	set(body, "cache", hub->cache);
	set(body, "token", hub->token);
	return body;
}

static int pull_in_background(struct models *m)
{
	bool first = !config_text(m->config, SETTING_MODEL);
	own_mem char *name = m->options->revision && m->name ? mem_printf("%s@%s", m->name, m->options->revision) :
		mem_strdup(m->name);
	own_json *body = models_pull_request(&m->hub, name, m->options->precision, first);
	struct error err = {0};
	own_link link = {0};
	int status;

	if (!link_open(&link, m->config, &err))
		return complain(&err);
	own_json *reply = link_json(&link, "/v1/daemon/models", body, &status, &err);
	if (!reply || (status != 200 && !link_refused(reply, status, &err)))
		return complain(&err);
	puts("The daemon fetches it; `shammah models list` shows how far it is, `shammah models cancel` stops it.");
	return EXIT_ANSWERED;
}

int models_pull(struct models *m)
{
	return m->options->background ? pull_in_background(m) : pull(m);
}

int models_cancel(struct models *m)
{
	struct error err = {0};

	if (!models_tell(m, json_pack("{s:s}", "action", "cancel"), &err))
		return complain(&err);
	puts("The download in the background ends; what has come is kept.");
	return EXIT_ANSWERED;
}
