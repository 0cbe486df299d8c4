/* `shammah models show`: all that is known of one model, here and on the Hub. */
#include "cli/models.h"

#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "hub/graphs.h"

#define CONFIG_MAX ((size_t)1 << 20)
#define TEXT_MAX ((size_t)16 << 10)
#define ASK_MS 4000                      /* the Hub is asked for completeness only */

static void line(const char *title, const char *text)
{
	printf("%-12s %s\n", title, text);
}

/* ---- Its shape ---- */

static unsigned number(const json_t *config, const char *key, unsigned otherwise)
{
	json_int_t n = json_integer_value(json_object_get(config, key));

	return n > 0 && n <= 1 << 24 ? (unsigned)n : otherwise;
}

/* As the model's own config.json says; false when that is not of a kind that we know. */
static bool read_shape(const char *folder, struct catalogue_shape *s)
{
	own_mem char *path = path_join(folder, "config.json");
	struct error err = {0};
	own_json *config = json_parse_file(path, CONFIG_MAX, &err);
	unsigned hidden = number(config, "hidden_size", 0), heads = number(config, "num_attention_heads", 0);

	if (!hidden || !heads)
		return false;
	*s = (struct catalogue_shape){
		.layers = number(config, "num_hidden_layers", 0), .hidden = hidden,
		.intermediate = number(config, "intermediate_size", 0),
		.heads = heads, .kv_heads = number(config, "num_key_value_heads", heads),
		.head_dim = number(config, "head_dim", hidden / heads),
		.vocabulary = number(config, "vocab_size", 0),
		.tied = json_is_true(json_object_get(config, "tie_word_embeddings")),
		.context = number(config, "max_position_embeddings", 0),
	};
	return s->layers && s->intermediate && s->vocabulary;
}

static void show_needs(const struct catalogue_model *m)
{
	static const unsigned contexts[] = { 4096, 32768 };
	char weights[SIZE_TEXT], kv[SIZE_TEXT], all[SIZE_TEXT];
	const struct catalogue_shape *s = &m->shape;

	uint64_t parameters = catalogue_parameters(m);

	printf("%-12s %.2f %s; %u layers, %u heads (%u for keys and values) of %u, vocabulary of %u\n", "parameters",
		(double)parameters / (parameters < 1000000000 ? 1e6 : 1e9),
		parameters < 1000000000 ? "million" : "billion", s->layers, s->heads, s->kv_heads, s->head_dim,
		s->vocabulary);
	if (s->context)
		printf("%-12s %u tokens\n", "context", s->context);
	printf("%-12s %s, %s\n", "weights", size_text(catalogue_weight_bytes(m), weights),
		m->as_published ? "run by ONNX Runtime as published" : "prepared for this machine");
	for (size_t i = 0; i < countof(contexts); i++) {
		unsigned tokens = s->context && s->context < contexts[i] ? s->context : contexts[i];
		if (i == 0 || tokens == contexts[i])
			printf("%-12s %s with %u tokens (keys and values: %s)\n", i ? "" : "memory",
				size_text(catalogue_memory_bytes(m, tokens), all), tokens,
				size_text(catalogue_kv_bytes(m, tokens), kv));
	}
}

/* ---- Here ---- */

static void show_here(const char *folder, const char *in_use)
{
	own_buf precisions = BUF_INIT(TEXT_MAX);

	line("folder", folder);
	line("precisions", models_precisions(folder, &precisions) ? precisions.data : "none");
	line("state", in_use && strcmp(folder, in_use) == 0 ? "in use" : "on this machine");
}

/* ---- On the Hub ---- */

static void show_listing(const char *repo, const struct hub_listing *listing)
{
	printf("%-12s %s at %.12s has", "on the Hub", repo, listing->commit);
	bool any = false;
	for (size_t i = 0; i < graph_name_count; i++) {
		own_graph_files files = {0};
		struct error err = {0};
		char size[SIZE_TEXT];
		if (!graph_listed(listing, graph_names[i].precision) ||
			!graph_files_choose(&files, listing, graph_names[i].precision, &err))
			continue;
		printf("%s %s (%s)", any ? "," : "", graph_names[i].precision, size_text(files.bytes, size));
		any = true;
	}
	puts(any ? "" : " no ONNX model that Shammah can read");
}

/* What the Hub says now; that it cannot be asked is no failure of `show`. */
static bool show_hub(struct models *m, const struct model_spec *spec)
{
	struct error err = {0};
	const char *repo;

	m->hub.answer_ms = m->hub.answer_ms < ASK_MS ? m->hub.answer_ms : ASK_MS;
	m->hub.tries = 1;
	for (size_t i = 0; (repo = spec_repository(spec, i)); i++) {
		own_hub_listing listing = {0};
		const char *revision = m->options->revision ? m->options->revision : spec->revision;
		if (hub_list_files(&m->hub, repo, revision, NULL, &listing, &err)) {
			show_listing(repo, &listing);
			return true;
		}
	}
	printf("%-12s not asked successfully: %s\n", "on the Hub", err.text);
	return false;
}

/* ---- All of it ---- */

static void show_known(const struct catalogue_model *m)
{
	char download[SIZE_TEXT], disk[SIZE_TEXT];
	const char *precision = graph_names[0].precision;

	line("name", m->name);
	line("title", m->title);
	line("repository", m->repositories[0]);
	printf("%-12s %s%s%s\n", "licence", m->licence, m->terms ? ": " : "", m->terms ? m->terms : "");
	if (m->remark)
		line("remark", m->remark);
	printf("%-12s about %s as %s; %s of disk%s\n", "download",
		size_text(catalogue_download_bytes(m, precision), download), precision,
		size_text(catalogue_disk_bytes(m, precision), disk), m->as_published ? "" : " with the prepared copy");
}

static void show_fit(const struct models *m, const struct catalogue_model *known)
{
	own_buf text = BUF_INIT(TEXT_MAX);
	struct machine machine;

	machine_look(&machine, m->hub.cache);
	choose_explain(&text, &machine, known, graph_names[0].precision);
	line("here it", text.data);
}

int models_show(struct models *m)
{
	own_mem char *in_use = models_in_use(m);
	own_model_spec spec = {0};
	struct error err = {0}, away = {0};
	struct catalogue_model own = {0};

	if (!models_named(m, "show", &err) || !spec_parse(&spec, m->name, &err))
		return complain(&err);
	own_mem char *folder = spec_find(&m->hub, &spec, NULL, NULL, &away);
	const struct catalogue_model *known = spec.model ? spec.model :
		spec.repo ? catalogue_find(str_of(spec.repo)) : NULL;
	if (known)
		show_known(known);
	else
		line("name", spec_name(&spec));
	if (folder && read_shape(folder, &own.shape))
		show_needs(&own);
	else if (known)
		show_needs(known);
	if (known)
		show_fit(m, known);
	if (folder)
		show_here(folder, in_use);
	bool asked = spec.folder || show_hub(m, &spec);
	return folder || known || asked ? EXIT_ANSWERED : EXIT_NO_ANSWER;
}
