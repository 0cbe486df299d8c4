#include "daemon/job.h"

#include <string.h>

#include "base/mem.h"

static void let_go(struct job *j)
{
	generation_destroy(take(j->generation));
	if (j->timeline)
		pool_give(j->loaded->pool, take(j->timeline));
	loaded_release(take(j->loaded));
	loaded_release(take(j->promised));
	j->over = true;
}

void job_end(struct job *j, const struct error *failure)
{
	struct delivery *a = take(j->delivery);

	let_go(j);
	/*
	 * Before the first slice too large means one thing: the prompt; and a wish the model
	 * finds wrong is a token's.
	 */
	if (failure && failure->kind == ERROR_TOO_LARGE && !a->sent)
		delivery_refuse(a, failure, "messages", "context_length_exceeded");
	else if (failure && failure->kind == ERROR_INVALID && strncmp(failure->text, "logit_bias", 10) == 0)
		delivery_refuse(a, failure, "logit_bias", NULL);
	else
		delivery_finish(a, failure);
}

bool job_gone(struct job *j, struct error *err)
{
	return delivery_is_gone(j->delivery) && !error_set(err, ERROR_CANCELLED, "the client hung up");
}

/* A delta_fn with the job as user. */
static bool job_delta(void *user, const struct delta *d, struct error *err)
{
	struct job *j = user;
	struct delta ours = *d;

	ours.choice = j->choice;
	return delivery_delta(j->delivery, &ours, err);
}

/* Each of several answers has a seed of its own. */
static struct request job_request(const struct job *j)
{
	struct request r = j->delivery->request;   /* a view: owns nothing */

	if (r.sampling.seed >= 0)
		r.sampling.seed = (int64_t)(((uint64_t)r.sampling.seed + j->choice) & INT64_MAX);
	return r;
}

static void name_model(struct job *j, const struct loaded *loaded)
{
	const struct engine_info *info = engine_info(model_engine(loaded->model));
	own_mem char *build = mem_printf("%s, %s, %s", info->precision, info->attention, info->runtime);

	delivery_name(j->delivery, info->name, build);
}

/*
 * Tools that came with a brief prompt are an offer: a model whose context they do not fit, or whose
 * template knows none, answers without, and that is said.
 */
static struct generation *generate(struct job *j, struct model *m, struct error *err)
{
	struct request request = job_request(j);
	struct error why = {0}, unused = {0};
	struct generation *g = generation_create(m, &request, job_delta, j, &why);
	bool may_do_without = request.brief.message_count && request.chat.tool_count &&
		(why.kind == ERROR_TOO_LARGE || why.kind == ERROR_INVALID);

	if (!g && may_do_without) {
		request.chat.tool_count = 0;
		g = generation_create(m, &request, job_delta, j, &unused);
		if (g)
			delivery_notice(j->delivery, &(struct openai_notice){ .kind = "tools",
				.text = "this model takes no tools, or has no room for them: it answers without" });
	}
	if (!g)
		*err = why;
	return g;
}

enum admission job_admit(struct job *j, struct loaded *loaded, struct error *err)
{
	size_t count;

	j->generation = generate(j, loaded->model, err);
	if (!j->generation)
		return REFUSED;
	const int32_t *prompt = generation_prompt(j->generation, &count);
	j->timeline = pool_take(loaded->pool, prompt, count, err);
	if (j->timeline && generation_begin(j->generation, j->timeline, err)) {
		j->loaded = loaded_share(loaded);
		name_model(j, loaded);
		return ADMITTED;
	}
	bool memory = !j->timeline && err->kind == ERROR_UNAVAILABLE;
	if (j->timeline)
		pool_give(loaded->pool, take(j->timeline));
	generation_destroy(take(j->generation));
	return memory ? LATER : REFUSED;
}
