/* `shammah models list`, `recommend`: tables of what there is, and JSON of the same. */
#include "cli/models.h"

#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/download_line.h"
#include "config/home.h"
#include "hub/graphs.h"

#define TEXT_MAX ((size_t)64 << 10)
#define JSON_BYTES ((size_t)1 << 20)

/* ---- What is here ---- */

/* By the name one would type. */
static const char *short_name(const char *repo)
{
	const struct catalogue_model *known = catalogue_find(str_of(repo));

	return known ? known->name : repo;
}

static const char *state_of(const struct hub_cached *entry, const char *in_use)
{
	return !entry->whole ? "partial" : in_use && strcmp(entry->path, in_use) == 0 ? "in use" : "whole";
}

/* Models of other kinds and what other programs keep are not ours to list. */
static bool is_ours(const struct hub_cached *entry, struct buf *precisions)
{
	buf_clear(precisions);
	return models_precisions(entry->path, precisions) || (!entry->whole && catalogue_find(str_of(entry->repo)));
}

/* Which of the precisions have a prepared copy: "q4, fp16". */
static void find_prepared(const struct models *m, const struct hub_cached *entry, struct buf *out)
{
	own_mem char *cache = home_path(m->home, HOME_CACHE);

	buf_clear(out);
	for (size_t i = 0; entry->whole && i < graph_name_count; i++) {
		struct prepare_options options = models_prepare_options(cache, graph_names[i].precision);
		own_prepared_model prepared = {0};
		struct error err = {0};
		if (prepare_find(entry->path, &options, &prepared, &err) && prepared.path)
			buf_putf(out, "%s%s", out->len ? ", " : "", graph_names[i].precision);
	}
}

static json_t *strings(const char *list)
{
	json_t *array = json_array();

	for (struct str rest = str_of(list), one; rest.n && str_split(&rest, ',', &one); ) {
		one = str_trim(one);
		json_array_append_new(array, json_stringn(one.p, one.n));
	}
	return array;
}

static json_t *installed_json(const struct hub_cached *entry, const char *precisions, const char *prepared,
	const char *state)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:o, s:o}", "name", short_name(entry->repo),
		"repository", entry->repo,
		"commit", entry->commit, "revisions", entry->refs, "path", entry->path,
		"bytes", (json_int_t)entry->bytes, "state", state,
		"precisions", strings(precisions), "prepared", strings(prepared));
}

static size_t print_installed(const struct models *m, const struct hub_cache *cache, const char *in_use, json_t *json)
{
	own_buf precisions = BUF_INIT(TEXT_MAX), prepared = BUF_INIT(TEXT_MAX);
	size_t count = 0;

	for (size_t i = 0; i < cache->count; i++) {
		const struct hub_cached *entry = &cache->entries[i];
		char size[SIZE_TEXT];

		if (!is_ours(entry, &precisions))
			continue;
		const char *state = state_of(entry, in_use);
		find_prepared(m, entry, &prepared);
		count++;
		if (json)
			json_array_append_new(json, installed_json(entry, precisions.data, prepared.data, state));
		else
			printf("  %-32s %8s  %-14s %s%s%s\n", short_name(entry->repo), size_text(entry->bytes, size),
				precisions.data, state, prepared.len ? ", prepared: " : "", prepared.data);
	}
	return count;
}

/* ---- What is to be had ---- */

static json_t *catalogue_json(const struct catalogue_model *m, const struct choice *choice, const char *precision)
{
	json_t *value = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:I, s:I, s:I, s:I, s:I, s:b}",
		"name", m->name, "title", m->title, "family", m->family, "repository", m->repositories[0],
		"licence", m->licence,
		"confirmed", m->confirmed, "parameters", (json_int_t)catalogue_parameters(m),
		"context", (json_int_t)m->shape.context,
		"download_bytes", (json_int_t)catalogue_download_bytes(m, precision),
		"disk_bytes", (json_int_t)catalogue_disk_bytes(m, precision),
		"memory_bytes", (json_int_t)catalogue_memory_bytes(m, CHOICE_CONTEXT),
		"recommended", m == choice->best);

	if (m->terms)
		json_object_set_new(value, "terms", json_string(m->terms));
	if (m->remark)
		json_object_set_new(value, "remark", json_string(m->remark));
	return value;
}

static void print_catalogue(const struct choice *choice, const char *precision)
{
	printf("  %-32s %8s %8s  %s\n", "", "DOWNLOAD", "MEMORY", "LICENCE");
	for (size_t i = 0; i < catalogue_count; i++) {
		const struct catalogue_model *m = &catalogue[i];
		char download[SIZE_TEXT], memory[SIZE_TEXT];

		printf("%c %-32s %8s %8s  %s%s%s\n", m == choice->best ? '*' : ' ', m->name,
			size_text(catalogue_download_bytes(m, precision), download),
			size_text(catalogue_memory_bytes(m, CHOICE_CONTEXT), memory), m->licence,
			m->confirmed ? "" : "; ", m->confirmed ? "" : "the Hub may not have it");
	}
}

static void print_download(const json_t *status)
{
	char line[DOWNLOAD_LINE];

	if (download_line(status, line))
		printf("In the background: %s\n", line);
	else if (*line)
		printf("In the background, before: %s\n", line);
}

static int print_json(json_t *value)
{
	own_json *owned = value;
	own_buf text = BUF_INIT(JSON_BYTES);
	struct error err = {0};

	if (!json_write(&text, owned, &err))
		return complain(&err);
	puts(text.data);
	return EXIT_ANSWERED;
}

static json_t *list_json(const struct models *m, const struct hub_cache *cache, const char *in_use,
	const struct choice *choice,
			 const char *precision, json_t *status)
{
	json_t *installed = json_array(), *known = json_array(), *download = json_object_get(status, "download");

	print_installed(m, cache, in_use, installed);
	for (size_t i = 0; i < catalogue_count; i++)
		json_array_append_new(known, catalogue_json(&catalogue[i], choice, precision));
	return json_pack("{s:s, s:o, s:o, s:O?}", "cache", m->hub.cache, "installed", installed, "catalogue", known,
		"download", download);
}

/* What the daemon has, else what the next one would take. */
static char *in_use_now(const struct models *m, const json_t *status)
{
	const char *folder = json_member_string(json_object_get(status, "model"), "folder");

	return folder && *folder ? mem_strdup(folder) : models_in_use(m);
}

int models_list(struct models *m)
{
	const char *precision = m->options->precision ? m->options->precision : graph_names[0].precision;
	own_json *status = models_status(m);
	own_mem char *in_use = in_use_now(m, status);
	own_hub_cache cache = {0};
	struct machine machine;
	struct choice choice;
	struct error err = {0};

	if (!hub_list(&m->hub, &cache, &err))
		return complain(&err);
	models_choose(m, &choice, &machine);
	if (m->options->json)
		return print_json(list_json(m, &cache, in_use, &choice, precision, status));
	printf("On this machine, in %s:\n", m->hub.cache);
	if (!print_installed(m, &cache, in_use, NULL))
		puts("  no model that Shammah could use");
	print_download(status);
	printf("\nTo be had with `shammah models pull NAME` (* fits this machine best; any OWNER/NAME of the Hub works "
		"as well):\n");
	print_catalogue(&choice, precision);
	return EXIT_ANSWERED;
}

int models_recommend(struct models *m)
{
	const char *precision = m->options->precision ? m->options->precision : graph_names[0].precision;
	own_buf text = BUF_INIT(TEXT_MAX);
	struct machine machine;
	struct choice choice;

	models_choose(m, &choice, &machine);
	choose_describe(&text, &choice, &machine, precision);
	if (m->options->json)
		return print_json(json_pack("{s:o, s:s, s:I, s:I, s:I}", "model",
			catalogue_json(choice.best, &choice, precision),
			"why", text.data, "memory_bytes", (json_int_t)machine.memory.limit,
			"available_bytes", (json_int_t)machine.memory.available,
			"disk_free_bytes", (json_int_t)machine.disk_free));
	printf("%s`shammah models pull` fetches it, `shammah models use NAME` chooses another.\n", text.data);
	return EXIT_ANSWERED;
}
