/* Teachers, and what stands between them and us: library, certificates, proxies. */
#include "cli/doctor.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "cli/mask.h"
#include "cli/try_teacher.h"
#include "net/about.h"

#define CERTIFICATES_MAX ((size_t)32 << 20)

void doctor_libcurl(struct doctor *d)
{
	struct http_about about;
	struct error err = {0};

	if (!http_about(&about, &err)) {
		report_add(&d->report, REPORT_FAIL, NULL, "%s", err.text);
		return;
	}
	report_add(&d->report, about.http2 ? REPORT_OK : REPORT_WARN,
		about.http2 ? NULL : "teachers are asked by HTTP/1.1; a libcurl with HTTP/2 shares connections better",
		"libcurl %s, %s, %s", about.version, about.tls, about.http2 ? "HTTP/2" : "no HTTP/2");
}

static size_t count_certificates(const char *path)
{
	struct error err = {0};
	size_t len, count = 0;
	own_mem char *text = file_read(path, CERTIFICATES_MAX, &len, &err);

	for (const char *at = text; at && (at = strstr(at, "-----BEGIN ")); at++)
		count++;
	return count;
}

void doctor_trust(struct doctor *d)
{
	struct http_about about;
	struct error err = {0};

	if (!http_about(&about, &err))
		return;
	size_t count = *about.file ? count_certificates(about.file) : 0;
	bool folder = !*about.file && *about.folder && access(about.folder, R_OK) == 0;
	if (count)
		report_add(&d->report, REPORT_OK, NULL, "%zu certificates in %s", count, about.file);
	else if (folder)
		report_add(&d->report, REPORT_OK, NULL, "certificates in %s", about.folder);
	else
		report_add(&d->report, REPORT_FAIL,
			"install the package ca-certificates: no teacher can be asked without", "no certificates in %s",
			*about.file ? about.file : "a place known to libcurl");
}

void doctor_proxy(struct doctor *d)
{
	static const char *const names[] = { "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY",
		"no_proxy", "NO_PROXY" };
	size_t found = 0;

	for (size_t i = 0; i < countof(names); i++) {
		const char *value = getenv(names[i]);
		if (!value || !*value)
			continue;
		own_mem char *shown = http_proxy_masked(value);
		report_add(&d->report, REPORT_OK, NULL, "%s is %s", names[i], shown);
		found++;
	}
	if (!found)
		report_add(&d->report, REPORT_OK, NULL, "none");
}

/* "sk-ant-...wxyz (environment ANTHROPIC_API_KEY)", "none", …; the caller frees. */
static char *describe_key(const struct teacher_config *t)
{
	char masked[MASK_TEXT];

	if (t->key.text)
		return mem_printf("key %s (%s)", mask_secret(t->key.text, masked), t->key.origin);
	return mem_strdup(t->helper ? "key from apiKeyHelper" : "no key");
}

static void try_it(struct doctor *d, const struct teacher_config *t)
{
	struct error err = {0};
	struct tried tried;

	bool ok = try_teacher(t, NULL, &tried, &err);
	own_mem char *advice = tried.end == ASK_KEY && t->key.origin ?
		mem_printf("put a right key into %s, or run `shammah setup`", t->key.origin) : NULL;
	if (ok)
		report_add(&d->report, REPORT_OK, NULL, "%s answers, after %u ms", t->name, tried.ms);
	else
		report_add(&d->report, REPORT_FAIL, advice, "%s does not answer: %s", t->name, err.text);
	tried_done(&tried);
}

void doctor_teachers(struct doctor *d)
{
	const struct config *c = d->config;

	if (!c->teacher_count)
		report_add(
			&d->report, REPORT_WARN, "shammah setup, or set ANTHROPIC_API_KEY", "none: no key was found");
	for (size_t i = 0; i < c->teacher_count; i++) {
		const struct teacher_config *t = &c->teachers[i];
		own_mem char *key = describe_key(t);
		report_add(&d->report, REPORT_OK, NULL, "%zu. %s: %s, model %s, at %s, %s; from %s", i + 1, t->name,
			t->provider, t->model ? t->model : "of its choice",
			t->base_url ? t->base_url : "its own address", key, t->origin);
		if (d->options->online)
			try_it(d, t);
	}
	if (c->teacher_count && !d->options->online)
		report_add(
			&d->report, REPORT_OK, NULL, "none was asked; `shammah doctor --online` asks each for a word");
}
