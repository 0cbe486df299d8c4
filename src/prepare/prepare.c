#include "prepare/prepare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/processors.h"
#include "hub/memory.h"
#include "model/files.h"
#include "model/prepared.h"
#include "prepare/check.h"
#include "prepare/config.h"
#include "prepare/pack.h"
#include "prepare/place.h"

enum { MEMBERS_MAX = 64 };

struct preparation {
	const struct prepare_options *options;
	struct model_files files;
	char *path;
	json_t *stamp;
	struct found found;
	struct config_change change;
	struct check_result result;
	enum prepare_stage stage;
	bool lasting;                  /* what failed will fail again */
	uint64_t wanted, available;    /* bytes of memory to run the graph */
};

const char *prepare_stage_name(enum prepare_stage stage)
{
	static const char *const names[] = {
		[PREPARE_ORIGINAL] = "running the original", [PREPARE_PACK] = "packing weights",
		[PREPARE_CHECK] = "checking",
	};

	return names[stage];
}

static void report(void *user, double share)
{
	const struct preparation *p = user;
	const struct prepare_options *o = p->options;

	if (o->progress)
		o->progress(o->user, p->stage, share);
}

/* The first half of a check is the original's. */
static void report_check(void *user, double share)
{
	struct preparation *p = user;

	report(p, p->stage == PREPARE_ORIGINAL ? 2 * share : 2 * share - 1);
}

/* ---- What there is ---- */

static bool begin(struct preparation *p, const char *folder, const struct prepare_options *o, struct error *err)
{
	own_mem char *fallback = o->cache_dir ? path_join(o->cache_dir, "prepared") : NULL;

	*p = (struct preparation){ .options = o };
	if (!model_files_find(&p->files, folder, o->engine.precision, err))
		return false;
	p->stamp = place_stamp(&p->files, err);
	p->path = p->stamp ? place_of(&p->files, fallback, err) : NULL;
	return true;
}

static void end(struct preparation *p)
{
	found_done(&p->found);
	model_files_done(&p->files);
	json_decref(p->stamp);
	free(p->path);
}

/* What the check found, out of a current file's description. */
static void read_reason(const char *path, char *reason, size_t size)
{
	struct error ignored = {0};
	own_prepared file = {0};
	own_json *description = prepared_open(&file, path, &ignored) ?
		json_parse(file.description, "description", &ignored) : NULL;
	const char *found = json_member_string(description, "found");

	snprintf(reason, size, "%s", found ? found : "");
}

/* A current file or a noted reason; false when neither is there. */
static bool look(struct preparation *p, struct prepared_model *out)
{
	own_mem char *refusal = NULL;

	if (place_is_current(p->path, p->stamp)) {
		out->path = mem_strdup(p->path);
		read_reason(p->path, out->reason, sizeof out->reason);
		return true;
	}
	refusal = place_refusal(p->path, p->stamp);
	if (refusal)
		snprintf(out->reason, sizeof out->reason, "%s", refusal);
	return refusal != NULL;
}

/* ---- Making it ---- */

static bool recognise_graph(struct preparation *p, struct error *err)
{
	own_onnx scan = {0};
	own_graph caches = {0};

	return onnx_scan_file(&scan, p->files.graph, err) && graph_understand(&caches, &scan, err) &&
	       onnx_graph_open(&p->found.graph, p->files.graph, err) && recognise(&p->found, &caches, err) &&
	       config_check(&p->found, p->files.folder, &p->change, err);
}

static char *describe_check(const struct preparation *p)
{
	const struct check_result *r = &p->result;

	if (!r->positions)
		return mem_printf("not checked: running its graph takes %.1f GB of memory, and %.1f GB are available",
			(double)p->wanted / 1e9, (double)p->available / 1e9);
	return mem_printf(
		"checked against its graph at %zu positions: logits within %.2g of their spread, first choice the "
		"same at %.0f %%",
		r->positions, r->deviation, 100 * r->agreement);
}

static char *describe(const struct preparation *p, const struct decoder_weights *w)
{
	own_mem char *check = describe_check(p);
	const char *kinds[] = {
		weights_name(w->layers[0].matrices[DECODER_QKV].type), weights_name(w->embedding.type),
		weights_name(w->head.type),
	};

	return mem_printf("weights %s, embedding %s, head %s%s%s; %s", kinds[0], kinds[1], kinds[2],
		p->change.what ? "; " : "", p->change.what ? p->change.what : "", check);
}

static bool seal(const struct preparation *p, struct prepared_writer *w, const char *found, struct error *err)
{
	own_json *value = json_pack("{s:O, s:s, s:s, s:i, s:f, s:f, s:f}", "stamp", p->stamp,
		"graph", path_base(p->files.graph), "found", found, "positions", (int)p->result.positions,
		"agreement", p->result.agreement, "deviation", p->result.deviation, "worst", p->result.worst);
	own_buf text = BUF_INIT(PREPARED_DESCRIPTION_MAX);

	return json_write(&text, value, err) && prepared_writer_seal(w, buf_str(&text), err);
}

/* These go in behind the check: the graph does not have them. */
static void apply_change(const struct preparation *p, struct prepared_writer *w)
{
	const struct decoder_weights *weights = prepared_writer_weights(w);

	if (!p->change.what)
		return;
	memcpy(prepared_memory(weights->frequencies), p->change.frequencies,
		p->found.shape.rotary_dim / 2 * sizeof *p->change.frequencies);
	prepared_writer_set_magnitude(w, p->change.magnitude);
}

static unsigned members(const struct prepare_options *o)
{
	unsigned wanted = o->engine.threads > 0 ? (unsigned)o->engine.threads : processors_usable("");

	return wanted > MEMBERS_MAX ? MEMBERS_MAX : wanted;
}

static bool pack(struct preparation *p, struct prepared_writer *w, struct error *err)
{
	struct packing packing = {
		.found = &p->found, .to = prepared_writer_weights(w), .cancel = p->options->cancel,
		.progress = report, .user = p,
	};

	p->stage = PREPARE_PACK;
	own_team *team = team_create(members(p->options), err);
	return team && pack_weights(&packing, team, err);
}

/* What a file is to hold. */
struct plan {
	enum pack_fit fit;
	struct decoder_shape shape;
	uint8_t *types;
};

static enum check_limit limit_of(const struct plan *plan)
{
	return plan->types[0] <= WEIGHTS_F16 ? CHECK_FLOATS : plan->fit == PACK_SMALL ? CHECK_SMALLER : CHECK_ROUNDED;
}

/* As planned, into place if the check (NULL: none) finds it good. */
static bool make(struct preparation *p, struct check *check, const struct plan *plan, struct error *err)
{
	own_prepared_writer *w = prepared_writer_create(p->path, &plan->shape, plan->types, err);

	if (!w || !pack(p, w, err) || !seal(p, w, "", err))
		return false;
	p->stage = PREPARE_CHECK;
	if (check && !check_prepared(check, prepared_writer_path(w), limit_of(plan), &p->result, err)) {
		p->lasting = err->kind == ERROR_INVALID;
		return false;
	}
	own_mem char *found = describe(p, prepared_writer_weights(w));
	apply_change(p, w);
	return seal(p, w, found, err) && prepared_writer_commit(w, err);
}

/* The smallest that the check lets pass; the error is the last one's. */
static bool make_any(struct preparation *p, struct check *check, struct error *err)
{
	size_t count = decoder_type_count(&p->found.shape);
	own_mem uint8_t *types = mem_zeroed(count, 1), *before = mem_zeroed(count, 1);

	for (enum pack_fit fit = check ? PACK_SMALL : PACK_HALVES; fit <= PACK_EXACT; fit++) {
		struct plan plan = { .fit = fit, .types = types };
		struct error failure = {0};
		pack_types(&p->found, fit, &plan.shape, types);
		if (fit > PACK_SMALL && memcmp(types, before, count) == 0)
			continue;
		memcpy(before, types, count);
		p->lasting = false;
		if (make(p, check, &plan, &failure))
			return true;
		*err = failure;
		if (!p->lasting)
			return false;
	}
	return false;
}

static bool has_memory(struct preparation *p)
{
	struct memory m;

	p->wanted = check_memory(&p->found);
	memory_look(&m, "");
	p->available = p->options->memory ? p->options->memory : m.available;
	return p->wanted <= p->available;
}

static bool prepare(struct preparation *p, struct error *err)
{
	own_check *check = NULL;

	place_clean(p->path);
	if (!recognise_graph(p, err)) {
		p->lasting = err->kind == ERROR_INVALID;
		return false;
	}
	p->stage = PREPARE_ORIGINAL;
	if (has_memory(p) && !(check = check_create(p->files.folder, &p->options->engine, p->options->cache_dir,
			p->options->cancel, report_check, p, err)))
		return false;
	return make_any(p, check, err);
}

/* With the lock held: another process may have done it meanwhile. */
static bool prepare_locked(struct preparation *p, struct prepared_model *out, struct error *err)
{
	struct error failure = {0};

	if (look(p, out))
		return true;
	if (prepare(p, &failure) && look(p, out))
		return true;
	if (failure.kind == ERROR_CANCELLED) {
		*err = failure;
		return false;
	}
	snprintf(out->reason, sizeof out->reason, "%s", failure.text);
	if (p->lasting)
		place_note_refusal(p->path, p->stamp, failure.text);
	return true;
}

static bool prepare_all(struct preparation *p, struct prepared_model *out, struct error *err)
{
	struct error failure = {0};
	own_fd lock = place_lock(p->path, p->options->cancel, &failure);

	if (lock >= 0)
		return prepare_locked(p, out, err);
	if (failure.kind == ERROR_CANCELLED) {
		*err = failure;
		return false;
	}
	snprintf(out->reason, sizeof out->reason, "%s", failure.text);
	return true;
}

/* ---- From outside ---- */

static bool find_or_make(const char *folder, const struct prepare_options *options, bool make_it,
	struct prepared_model *out, struct error *err)
{
	struct error failure = {0};
	struct preparation p;
	bool ok = true;

	*out = (struct prepared_model){0};
	if (!begin(&p, folder, options, &failure)) {
		*err = failure;
		ok = false;
	} else if (!p.path) {
		snprintf(out->reason, sizeof out->reason, "%s", failure.text);
	} else if (!look(&p, out)) {
		snprintf(out->reason, sizeof out->reason, "it is not prepared yet");
		ok = !make_it || prepare_all(&p, out, err);
	}
	end(&p);
	return ok;
}

bool prepare_model(const char *folder, const struct prepare_options *options, struct prepared_model *out,
	struct error *err)
{
	return find_or_make(folder, options, true, out, err);
}

bool prepare_find(const char *folder, const struct prepare_options *options, struct prepared_model *out,
	struct error *err)
{
	return find_or_make(folder, options, false, out, err);
}

void prepared_model_done(struct prepared_model *p)
{
	free(p->path);
	*p = (struct prepared_model){0};
}
