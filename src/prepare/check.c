#include "prepare/check.h"

#include <math.h>

#include "base/mem.h"
#include "model/select.h"
#include "model/timeline.h"
#include "text/tokenizer.h"

enum { TEXT_TOKENS = 56, SCATTERED_TOKENS = 24, FIRST_PIECE = 8, KV_BYTES = 256 << 20, CONTEXT = 512 };

static const char *const text =
	"The library keeps its books on long shelves, sorted by subject. When the old reading room was closed, "
	"most of them were moved to a warehouse by the river.\n\n"
	"static int compare(const void *a, const void *b)\n{\n\tint x = *(const int *)a, y = *(const int *)b;\n\n"
	"\treturn (x > y) - (x < y);\n}\n";

struct check {
	char *folder;
	struct engine_options options;
	struct cancel *cancel;
	check_progress_fn *progress;
	void *user;
	size_t vocabulary, positions, done;
	int32_t tokens[TEXT_TOKENS + SCATTERED_TOKENS];
	size_t text_count;             /* of the tokens; the rest is the second sequence */
	float *logits;                 /* of the graph: [positions][vocabulary] */
};

/* ---- Memory ---- */

/* Of so many floats that are changed on the way: those within the graph's own file are copied before. */
static uint64_t floats_memory(const struct source *s, uint64_t numbers, uint64_t copies)
{
	const struct onnx_tensor *t = &s->data->tensor;
	uint64_t stored = t->external ? 0 : numbers * onnx_type_bits(t->type) / 8;

	return stored + copies * numbers * sizeof(float);
}

static uint64_t product_memory(const struct product *p)
{
	uint64_t numbers = (uint64_t)p->outputs * p->weights.inputs;

	return p->weights.scales ? numbers * p->weights.bits / 8 * 5 / 4 : floats_memory(&p->weights, numbers, 1);
}

uint64_t check_memory(const struct found *f)
{
	const struct decoder_shape *s = &f->shape;
	uint64_t logits = (uint64_t)(TEXT_TOKENS + SCATTERED_TOKENS) * s->vocabulary * sizeof(float);
	uint64_t table = (uint64_t)s->vocabulary * s->hidden;
	uint64_t sum = logits + (s->tied && !f->embedding.scales ? floats_memory(&f->embedding, table, 2) :
		product_memory(&f->head));

	for (size_t i = 0; i < s->layers; i++) {
		const struct found_layer *l = &f->layers[i];
		const struct product *all[] = { &l->q, &l->k, &l->v, &l->o, &l->gate, &l->up, &l->down };
		for (size_t k = 0; k < countof(all); k++)
			sum += product_memory(all[k]);
	}
	return sum;
}

/* ---- Tokens ---- */

/* Without a tokenizer that we can read there are more scattered tokens. */
static size_t read_text(struct check *c, const char *cache_dir)
{
	struct error ignored = {0};
	own_tokenizer *t = tokenizer_open(c->folder, cache_dir, &ignored);
	own_tokens tokens = TOKENS_INIT(4096);
	size_t count = 0;

	if (!t || !tokenizer_encode(t, str_of(text), TOKENS_PLAIN, &tokens, &ignored))
		return 0;
	while (count < TEXT_TOKENS && count < tokens.count && (size_t)tokens.ids[count] < c->vocabulary) {
		c->tokens[count] = tokens.ids[count];
		count++;
	}
	return count;
}

static void make_tokens(struct check *c, const char *cache_dir)
{
	uint64_t state = 1;

	c->text_count = read_text(c, cache_dir);
	for (size_t i = c->text_count; i < countof(c->tokens); i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;   /* Knuth's MMIX */
		c->tokens[i] = (int32_t)((state >> 33) % c->vocabulary);
	}
}

/* ---- Running ---- */

typedef void take_fn(struct check *c, const float *logits, size_t position, void *user);

struct run {
	struct check *c;
	struct timeline *timeline;
	take_fn *on_logits;
	void *user;
	size_t position;
};

static bool take_position(struct run *r, struct error *err)
{
	struct check *c = r->c;

	while (timeline_pending(r->timeline))
		if (!timeline_advance(r->timeline, FIRST_PIECE, c->cancel, err))
			return false;
	r->on_logits(c, timeline_logits(r->timeline), r->position++, r->user);
	if (c->progress)
		c->progress(c->user, (double)++c->done / (double)(2 * c->positions));
	return true;
}

/* The first tokens in one piece, then one by one: prompts and answers are computed differently. */
static bool run_sequence(struct run *r, const int32_t *tokens, size_t count, struct error *err)
{
	size_t first = count < FIRST_PIECE ? count : FIRST_PIECE;

	if (count == 0)
		return true;
	if (!timeline_begin(r->timeline, tokens, first, err) || !take_position(r, err))
		return false;
	for (size_t i = first; i < count; i++)
		if (!timeline_push(r->timeline, tokens[i], err) || !take_position(r, err))
			return false;
	return true;
}

static bool run_all(struct check *c, struct engine *engine, take_fn *take_logits, void *user, struct error *err)
{
	own_timeline *timeline = timeline_create(engine, err);
	struct run r = { c, timeline, take_logits, user, 0 };

	return timeline && run_sequence(&r, c->tokens, c->text_count, err) &&
	       run_sequence(&r, c->tokens + c->text_count, countof(c->tokens) - c->text_count, err);
}

/* ---- The graph ---- */

static void keep(struct check *c, const float *logits, size_t position, void *user)
{
	(void)user;
	memcpy(c->logits + position * c->vocabulary, logits, c->vocabulary * sizeof *logits);
}

static size_t positions_of(size_t count)
{
	return count == 0 ? 0 : count < FIRST_PIECE ? 1 : count - FIRST_PIECE + 1;
}

static bool run_graph(struct check *c, const char *cache_dir, struct error *err)
{
	own_engine *engine = engine_open(c->folder, &c->options, err);

	if (!engine)
		return false;
	c->vocabulary = engine_info(engine)->vocabulary;
	make_tokens(c, cache_dir);
	c->positions = positions_of(c->text_count) + positions_of(countof(c->tokens) - c->text_count);
	c->logits = mem_zeroed(c->positions, c->vocabulary * sizeof *c->logits);
	return run_all(c, engine, keep, NULL, err);
}

struct check *check_create(const char *folder, const struct engine_options *options, const char *cache_dir,
	struct cancel *cancel, check_progress_fn *progress, void *user, struct error *err)
{
	own_check *c = mem_zeroed(1, sizeof *c);

	c->folder = mem_strdup(folder);
	c->options = (struct engine_options){
		.threads = options->threads, .precision = options->precision, .ort_paths = options->ort_paths,
		.context = CONTEXT, .kv_bytes = KV_BYTES,
	};
	c->cancel = cancel;
	c->progress = progress;
	c->user = user;
	return run_graph(c, cache_dir, err) ? take(c) : NULL;
}

void check_destroy(struct check *c)
{
	if (!c)
		return;
	free(c->logits);
	free(c->folder);
	free(c);
}

/* ---- Beside it ---- */

static double mean_of(const float *logits, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += (double)logits[i];
	return sum / (double)count;
}

static void compare(struct check *c, const float *logits, size_t position, void *user)
{
	struct check_result *result = user;
	const float *wanted = c->logits + position * c->vocabulary;
	double mean = mean_of(logits, c->vocabulary), wanted_mean = mean_of(wanted, c->vocabulary);
	double off = 0, spread = 0, deviation;
	size_t choice = select_largest(logits, c->vocabulary), wanted_choice = select_largest(wanted, c->vocabulary);

	for (size_t i = 0; i < c->vocabulary; i++) {
		double centred = (double)wanted[i] - wanted_mean, difference = (double)logits[i] - mean - centred;
		off += difference * difference;
		spread += centred * centred;
	}
	deviation = spread > 0 ? sqrt(off / spread) : off > 0 ? INFINITY : 0;
	spread = sqrt(spread / (double)c->vocabulary);
	result->positions++;
	result->agreement += (double)(wanted[wanted_choice] - wanted[choice]) <=
		fmax(CHECK_NEAR, CHECK_NOISE * deviation) * spread;
	result->deviation += deviation;
	if (!(deviation <= result->worst))
		result->worst = deviation;
}

static bool judge(const struct check_result *r, enum check_limit limit, struct error *err)
{
	static const struct { double deviation, agreement; } limits[] = {
		[CHECK_FLOATS] = { 0.005, 0.97 }, [CHECK_ROUNDED] = { 0.2, 0.9 }, [CHECK_SMALLER] = { 0.1, 0.9 },
	};

	if (r->deviation <= limits[limit].deviation && r->agreement >= limits[limit].agreement)
		return true;
	return error_set(err, ERROR_INVALID,
		"the prepared model differs from its graph: logits by %.2g of their spread "
		"(at most %.2g), the first choice agrees at %.0f %% of %zu positions (at least %.0f %%)",
		r->deviation, limits[limit].deviation, 100 * r->agreement, r->positions, 100 * limits[limit].agreement);
}

bool check_prepared(struct check *c, const char *path, enum check_limit limit, struct check_result *result,
	struct error *err)
{
	struct engine_options options = c->options;

	*result = (struct check_result){0};
	options.prepared = path;
	own_engine *engine = engine_open(c->folder, &options, err);
	if (!engine)
		return false;
	if (!engine_info(engine)->prepared)
		return error_set(err, ERROR_INVALID, "%s", engine_info(engine)->reason);
	if (engine_info(engine)->vocabulary != c->vocabulary)
		return error_set(err, ERROR_INVALID, "the prepared model has another vocabulary than its graph");
	c->done = c->positions;
	if (!run_all(c, engine, compare, result, err))
		return false;
	result->agreement /= (double)result->positions;
	result->deviation /= (double)result->positions;
	return judge(result, limit, err);
}
