/*
 * `shammah models bench`: tries the precisions that are here, and chooses.
 *
 * The best one is tried first, as the reference for the others.  Of those that
 * keep its quality the fastest writer is taken; every later loading does so.
 */
#include "cli/models.h"

#include <math.h>
#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/bar.h"
#include "cli/interrupt.h"
#include "cli/trial.h"
#include "config/home.h"
#include "hub/graphs.h"
#include "hub/precision.h"
#include "model/files.h"

#define JSON_BYTES ((size_t)1 << 20)

/*
 * A precision keeps the quality when it chooses as the reference does at so many
 * positions, and its divergence is no more.
 */
#define AGREEMENT_LEAST 0.85
#define DIVERGENCE_MOST 0.15

/* The most faithful first. */
static const char *const by_quality[] = { "fp32", "fp16", "int8", "quantized", "uint8", "q4", "q4f16", "bnb4" };

struct bench {
	struct models *m;
	struct bar bar;
	struct cancel cancel;
	const char *folder;
	struct trial_reference reference;
	struct result {
		const char *precision;
		struct trial trial;
		bool prepared, keeps;
		char error[400];     /* why it could not be tried; "" when it was */
		char reason[400];    /* why it is not prepared; "" when it is */
	} results[countof(by_quality)];
	size_t count;
};

static void on_prepare(void *user, enum prepare_stage stage, double share)
{
	struct bench *b = user;

	bar_share(&b->bar, prepare_stage_name(stage), share);
}

static bool try_one(struct bench *b, struct result *r, struct error *err)
{
	own_mem char *cache = home_path(b->m->home, HOME_CACHE);
	struct prepare_options prepare = models_prepare_options(cache, r->precision);
	own_prepared_model prepared = {0};

	prepare.progress = on_prepare;
	prepare.user = b;
	prepare.cancel = &b->cancel;
	if (!prepare_model(b->folder, &prepare, &prepared, err))
		return false;
	bar_end(&b->bar);
	struct model_options options = {
		.engine = {
			.threads = (int)config_number(b->m->config, SETTING_THREADS, 0), .precision = r->precision,
			.prepared = prepared.path, .reason = prepared.reason,
		},
		.cache_dir = cache,
	};
	own_model *model = model_open(b->folder, &options, err);
	if (!model || !trial_run(&r->trial, model, &b->reference, &b->cancel, err))
		return false;
	r->prepared = engine_info(model_engine(model))->prepared;
	if (!r->prepared)
		snprintf(r->reason, sizeof r->reason, "%s", prepared.reason);
	r->keeps = r->trial.agreement >= AGREEMENT_LEAST && r->trial.divergence <= DIVERGENCE_MOST;
	return true;
}

static void print_result(const struct result *r)
{
	if (*r->error)
		printf("  %-10s could not be tried: %s\n", r->precision, r->error);
	else
		printf("  %-10s %8.1f %8.1f %9.0f %% %10.3f  %s%s%s\n", r->precision, r->trial.prefill, r->trial.decode,
			100 * r->trial.agreement, r->trial.divergence, r->prepared ? "own kernels" : "ONNX Runtime",
			r->prepared ? "" : ": ", r->reason);
	fflush(stdout);
}

static bool is_installed(const struct bench *b, const char *precision)
{
	own_model_files files = {0};
	struct error missing = {0};

	return model_files_find(&files, b->folder, precision, &missing);
}

/* False when Ctrl+C ended it. */
static bool try_all(struct bench *b)
{
	for (size_t i = 0; i < countof(by_quality); i++) {
		struct result *r = &b->results[b->count];
		struct error err = {0};
		if (!is_installed(b, by_quality[i]))
			continue;
		b->count++;
		r->precision = by_quality[i];
		if (!try_one(b, r, &err))
			snprintf(r->error, sizeof r->error, "%s", err.text);
		bar_end(&b->bar);
		if (cancel_fired(&b->cancel))
			return false;
		if (!b->m->options->json)
			print_result(r);
	}
	return true;
}

static const struct result *choose(const struct bench *b)
{
	const struct result *best = NULL;

	for (size_t i = 0; i < b->count; i++) {
		const struct result *r = &b->results[i];
		if (!*r->error && r->keeps && (!best || r->trial.decode > best->trial.decode))
			best = r;
	}
	return best;
}

/* What the others were compared with. */
static const char *reference_of(const struct bench *b)
{
	for (size_t i = 0; i < b->count; i++)
		if (!*b->results[i].error)
			return b->results[i].precision;
	return "";
}

static json_t *result_json(const struct result *r)
{
	return json_pack("{s:s, s:f, s:f, s:f, s:f, s:b, s:b, s:s}", "precision", r->precision,
		"prefill", r->trial.prefill,
		"decode", r->trial.decode, "agreement", r->trial.agreement,
		"divergence", isfinite(r->trial.divergence) ? r->trial.divergence : 1e9,
		"prepared", r->prepared, "keeps_quality", r->keeps, "error", r->error);
}

static int tell(const struct bench *b, const struct result *best, struct error *err)
{
	if (b->m->options->json) {
		own_json *value = json_pack("{s:s, s:s, s:[]}", "folder", b->folder, "chosen", best->precision,
			"results");
		own_buf text = BUF_INIT(JSON_BYTES);
		for (size_t i = 0; i < b->count; i++)
			json_array_append_new(json_object_get(value, "results"), result_json(&b->results[i]));
		if (!json_write(&text, value, err))
			return complain(err);
		puts(text.data);
		return EXIT_ANSWERED;
	}
	printf("Chosen: %s, the fastest at writing of those that keep the quality of %s%s.\n", best->precision,
		reference_of(b), b->count == 1 ? " (it is the only one here)" : "");
	if (b->count == 1)
		printf("`shammah models pull NAME --precision P` fetches another to compare with.\n");
	return EXIT_ANSWERED;
}

static int run(struct bench *b, struct error *err)
{
	if (!b->m->options->json)
		printf("%s\nTokens a second, reading %d and writing %d; how often the first choice is that of the best "
			"precision here, and\n"
			"the mean divergence from it:\n  %-10s %8s %8s %11s %10s\n",
			b->folder, TRIAL_PROMPT, TRIAL_STEPS, "", "reading", "writing", "the same", "divergence");
	if (!try_all(b))
		return EXIT_INTERRUPTED;
	const struct result *best = choose(b);
	if (!best) {
		error_set(err, b->count ? ERROR_INTERNAL : ERROR_NOT_FOUND, "no precision in %s could be tried",
			b->folder);
		return complain(err);
	}
	return precision_choose(b->m->home, b->folder, best->precision, err) ? tell(b, best, err) : complain(err);
}

int models_bench(struct models *m)
{
	const char *name = m->name ? m->name : config_text(m->config, SETTING_MODEL);
	struct bench b = { .m = m };
	struct error err = {0};
	own_model_spec spec = {0};

	if (!name) {
		error_set(&err, ERROR_INVALID, "no model is in use: shammah models bench NAME");
		return complain(&err);
	}
	if (!spec_parse(&spec, name, &err))
		return complain(&err);
	own_mem char *folder = spec_find(&m->hub, &spec, NULL, NULL, &err);
	if (!folder)
		return complain(&err);
	b.folder = folder;
	bar_init(&b.bar);
	cancel_init(&b.cancel);
	interrupt_init();
	interrupt_guards(&b.cancel);
	int code = run(&b, &err);
	interrupt_guards(NULL);
	cancel_done(&b.cancel);
	trial_reference_done(&b.reference);
	if (code == EXIT_ANSWERED)
		models_tell_reload(m, folder);
	return code;
}
