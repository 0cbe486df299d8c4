#include "cli/offer.h"

#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "cli/download_line.h"
#include "cli/models.h"
#include "config/home.h"
#include "hub/graphs.h"

/* ---- The offer ---- */

static bool was_offered(const struct link *l)
{
	own_mem char *path = home_path(l->home, HOME_OFFER);

	return path_is_file(path);
}

static void remember(const struct link *l, bool taken)
{
	own_mem char *path = home_path(l->home, HOME_OFFER);
	struct error err = {0};

	if (!file_write(path, str_of(taken ? "taken\n" : "declined\n"), 0600, &err))
		fprintf(stderr, "shammah: %s\n", err.text);
}

static bool is_under_way(struct link *l)
{
	own_json *status = link_status(l);
	const char *state = json_member_string(json_object_get(status, "download"), "state");

	return state && strcmp(state, "running") == 0;
}

static char *question(const struct hub *hub)
{
	const char *precision = graph_names[0].precision;
	char size[SIZE_TEXT], memory[SIZE_TEXT];
	struct machine machine;
	struct choice choice;

	machine_look(&machine, hub->cache);
	choose_model(&choice, &machine, precision);
	const struct catalogue_model *m = choice.best;
	if (choice.verdict != FITS)
		return NULL;
	return mem_printf("%s fits this machine: %s to download, %s of memory; licence: %s%s%s.\n"
		"Shall it be fetched in the background now?", m->title,
		size_text(catalogue_download_bytes(m, precision), size),
		size_text(catalogue_memory_bytes(m, CHOICE_CONTEXT), memory), m->licence, m->terms ? ", " : "",
		m->terms ? m->terms : "");
}

static bool start(struct link *l, const struct hub *hub, struct error *err)
{
	own_json *body = models_pull_request(hub, NULL, NULL, true);
	int status = 0;
	own_json *reply = link_json(l, "/v1/daemon/models", body, &status, err);

	return reply && (status == 200 || link_refused(reply, status, err));
}

void offer_model(struct link *l, const struct show *show)
{
	struct error err = {0};
	own_hub hub = {0};

	if (config_text(l->config, SETTING_MODEL) || was_offered(l) || is_under_way(l) || !hub_init(&hub, &err) ||
		hub.offline)
		return;
	own_mem char *text = question(&hub);
	if (!text)
		return;
	bool taken = show_confirm(text);
	remember(l, taken);
	if (!taken)
		show_note(show, "This is not asked again; `shammah models pull` fetches it at any time");
	else if (start(l, &hub, &err))
		show_note(show,
			"It is being fetched, also when you leave; /models shows how far it is, `shammah models "
			"cancel` stops it");
	else
		show_error(show, err.text);
}

/* ---- How far it is ---- */

void offer_show(struct offer_watch *w, struct link *l, const struct show *show)
{
	own_json *status = link_status(l);
	char line[DOWNLOAD_LINE];

	if (!status)
		return;
	bool running = download_line(status, line);
	if (*line && (running || w->running))
		show_note(show, line);
	w->running = running;
}
