/* The daemon, its port, and the local model. */
#include "cli/doctor.h"

#include <stdio.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "cli/link.h"
#include "config/home.h"
#include "hub/precision.h"
#include "hub/spec.h"
#include "model/ort.h"
#include "prepare/prepare.h"

static json_t *ask(struct doctor *d, const char *path, struct error *err)
{
	struct link link = { .config = d->config, .port = d->running.port, .http = http_client_create(err) };
	int code = 0;
	json_t *reply = link.http ? link_json(&link, path, NULL, &code, err) : NULL;

	link_done(&link);
	return reply;
}

/* What has gone wrong in it since it started, as /v1/status tells. */
static void check_trouble(struct doctor *d, const json_t *status)
{
	const json_t *spending = json_object_get(status, "spending"), *teacher;
	const char *model = json_member_string(json_object_get(status, "model"), "error");
	const char *config = json_member_string(json_object_get(status, "config"), "error");
	double spent = json_number_value(json_object_get(spending, "spent_usd"));
	double budget = json_number_value(json_object_get(spending, "budget_usd"));
	size_t i;

	if (model && *model)
		report_add(&d->report, REPORT_WARN, NULL, "its local model: %s", model);
	if (config && *config)
		report_add(&d->report, REPORT_FAIL, "shammah config check",
			"it goes on with the last good settings: %s", config);
	if (json_object_get(spending, "budget_usd") && spent >= budget)
		report_add(&d->report, REPORT_WARN, "raise routing.monthly_budget_usd, or ask with --over-budget",
			"teachers are not asked: %.2f of %.2f dollars are spent this month", spent, budget);
	json_array_foreach(json_object_get(status, "teachers"), i, teacher) {
		const char *state = json_member_string(teacher, "state"), *name = json_member_string(teacher, "name");
		bool brought = json_is_true(json_object_get(teacher, "brought"));
		if (state && name && strcmp(state, "ready") != 0)
			report_add(&d->report, REPORT_WARN, "shammah doctor --online says more", "its teacher %s%s: %s",
				name, brought ? " (for a client that brought it)" : "", state);
	}
}

/* What it says of itself, and whether it is of this version. */
static void check_running(struct doctor *d)
{
	struct error err = {0};
	own_json *status = ask(d, "/v1/status", &err);
	const char *version = json_member_string(status, "version");

	if (!status) {
		report_add(&d->report, REPORT_FAIL,
			"shammah daemon stop, then ask again; `shammah daemon logs` may say why",
			"pid %ld holds the lock but does not answer on port %u: %s", (long)d->running.pid,
			d->running.port, err.text);
		return;
	}
	bool other = !version || strcmp(version, SHAMMAH_VERSION) != 0;
	report_add(&d->report, other ? REPORT_WARN : REPORT_OK,
		other ? "shammah daemon stop: the next question starts the one of this version" : NULL,
		"runs, pid %ld, 127.0.0.1:%u, version %s%s, up %" JSON_INTEGER_FORMAT " s", (long)d->running.pid,
		d->running.port, version ? version : "unknown", other ? " and not " SHAMMAH_VERSION : "",
		json_integer_value(json_object_get(status, "uptime_s")));
	check_trouble(d, status);
}

void doctor_daemon(struct doctor *d)
{
	struct error err = {0};

	if (d->home && !life_find(d->home, &d->running, &err))
		report_add(&d->report, REPORT_FAIL, NULL, "%s", err.text);
	else if (!d->running.pid)
		report_add(&d->report, REPORT_OK, NULL, "does not run; the next question starts it");
	else if (!d->running.port)
		report_add(&d->report, REPORT_OK, NULL, "pid %ld is starting or ending", (long)d->running.pid);
	else
		check_running(d);
}

/* Whether somebody else listens there: a bind that fails says so where the process table is not to be read. */
static bool is_taken(uint16_t port)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
	own_fd fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int yes = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	return fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) < 0;
}

void doctor_port(struct doctor *d)
{
	uint16_t port = (uint16_t)config_number(d->config, SETTING_PORT, 11435);
	char holder[100] = "another program";

	if (d->running.port == port) {
		report_add(&d->report, REPORT_OK, NULL, "%u is the daemon's", port);
	} else if (!is_taken(port)) {
		report_add(&d->report, d->running.port ? REPORT_WARN : REPORT_OK,
			d->running.port ? "shammah daemon stop: the next one listens where the settings say" : NULL,
			"%u is free%s", port, d->running.port ? ", but the daemon listens on another" : "");
	} else {
		(void)life_port_holder(port, holder, sizeof holder);
		report_add(&d->report, REPORT_FAIL, "end it, or choose another port with server.port or --port",
			"%u is taken by %s", port, holder);
	}
}

/* The copy packed for this machine, which answers several times as fast. */
static void check_prepared(struct doctor *d, const char *folder)
{
	own_mem char *cache = home_path(d->home, HOME_CACHE);
	struct prepare_options options = { .cache_dir = cache };
	own_prepared_model prepared = {0};
	struct error err = {0};

	if (!prepare_find(folder, &options, &prepared, &err))
		report_add(&d->report, REPORT_WARN, "shammah models verify NAME compares its files with the Hub's",
			"%s", err.text);
	else if (prepared.path)
		report_add(&d->report, REPORT_OK, NULL, "a prepared copy is there");
	else
		report_add(&d->report, REPORT_OK, NULL, "no prepared copy: %s", prepared.reason);
}

void doctor_model(struct doctor *d)
{
	const struct value *model = &d->config->values[SETTING_MODEL];
	struct error err = {0};

	if (!model->text) {
		report_add(
			&d->report, REPORT_OK, NULL, "none; `shammah models pull` fetches one that fits this machine");
		return;
	}
	own_mem char *folder = spec_locate(model->text, &err);
	if (!folder) {
		report_add(&d->report, REPORT_FAIL, "shammah models list, then shammah models use NAME", "%s (%s): %s",
			model->text, model->origin, err.text);
		return;
	}
	report_add(&d->report, REPORT_OK, NULL, "%s (%s), whole at %s", model->text, model->origin, folder);
	if (d->home)
		check_prepared(d, folder);
}

void doctor_onnxruntime(struct doctor *d)
{
	struct error err = {0};
	struct ort ort;

	if (!ort_open(&ort, NULL, &err)) {
		report_add(&d->report, REPORT_WARN, NULL,
			"%s. Prepared models run without it; others, and embeddings by a model, "
			"do not",
			err.text);
		return;
	}
	report_add(&d->report, REPORT_OK, NULL, "ONNX Runtime %s", ort.version);
	ort_done(&ort);
}
