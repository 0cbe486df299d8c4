/*
 * Logits that penalties or biases change are few (tokens seen, tokens named), so
 * they are changed in place and put back; nothing of the vocabulary's size is
 * copied or sorted.  Without top-k, top-p takes the few largest first; when their
 * share is too small it finds where the share ends and draws from the vocabulary.
 */
#include "model/sampler.h"

#include <assert.h>
#include <unistd.h>

#include "base/mem.h"
#include "model/select.h"

enum { NUCLEUS_FEW = 64 };

#define COLD 1e-4f    /* temperatures below are 0 */

/* A token whose logit is changed. */
struct touched {
	int32_t token;        /* -1: empty place */
	bool seen;            /* in prompt or answer */
	uint32_t answered;    /* times in the answer */
	float bias;
	float original;       /* during a pick */
};

struct sampler {
	struct sampling wishes;    /* all stated */
	size_t vocabulary;
	uint64_t random;           /* the generator's state */
	struct touched *touched;   /* open addressing by token; slots is a power of two */
	size_t touched_count, slots;
	struct candidate *candidates;
	size_t candidate_room;
	float *masked;             /* logits of the allowed tokens, of a pick with such; NULL: none yet */
};

/* ---- Wishes ---- */

struct range { const char *name; float value, least, most; };

static bool check_ranges(const struct sampling *w, struct error *err)
{
	const struct range ranges[] = {
		{ "temperature", w->temperature, 0, 100 },
		{ "top_p", w->top_p, 0, 1 },
		{ "min_p", w->min_p, 0, 1 },
		{ "repetition_penalty", w->repetition_penalty, 0.01f, 100 },
		{ "presence_penalty", w->presence_penalty, -2, 2 },
		{ "frequency_penalty", w->frequency_penalty, -2, 2 },
	};

	for (size_t i = 0; i < countof(ranges); i++)
		if (!(ranges[i].value >= ranges[i].least && ranges[i].value <= ranges[i].most))
			return error_set(err, ERROR_INVALID, "%s must be between %g and %g", ranges[i].name,
					 (double)ranges[i].least, (double)ranges[i].most);
	return w->top_logprobs <= TOP_LOGPROBS_MAX ||
	       error_set(err, ERROR_INVALID, "top_logprobs must be at most %d", TOP_LOGPROBS_MAX);
}

static bool check_biases(const struct sampler *s, struct error *err)
{
	for (size_t i = 0; i < s->wishes.bias_count; i++) {
		const struct logit_bias *b = &s->wishes.biases[i];
		if (b->token < 0 || (size_t)b->token >= s->vocabulary)
			return error_set(err, ERROR_INVALID, "logit_bias: the model has no token %ld", (long)b->token);
		if (!(b->bias >= -100 && b->bias <= 100))
			return error_set(err, ERROR_INVALID, "logit_bias must be between -100 and 100");
	}
	return true;
}

static float stated(float wish, float otherwise) { return isnan(wish) ? otherwise : wish; }

static struct sampling resolve(const struct sampling *wishes, const struct sampling *defaults)
{
	struct sampling w = *wishes;

	w.temperature = stated(w.temperature, defaults->temperature);
	w.top_p = stated(w.top_p, defaults->top_p);
	w.min_p = stated(w.min_p, defaults->min_p);
	w.repetition_penalty = stated(w.repetition_penalty, defaults->repetition_penalty);
	w.presence_penalty = stated(w.presence_penalty, defaults->presence_penalty);
	w.frequency_penalty = stated(w.frequency_penalty, defaults->frequency_penalty);
	if (w.top_k < 0)
		w.top_k = defaults->top_k;
	return w;
}

/* ---- Tokens whose logits change ---- */

static size_t place_of(const struct touched *touched, size_t slots, int32_t token)
{
	size_t i = ((uint32_t)token * 2654435769u) & (slots - 1);   /* Knuth's multiplicative hashing */

	while (touched[i].token >= 0 && touched[i].token != token)
		i = (i + 1) & (slots - 1);
	return i;
}

static void rehash(struct sampler *s)
{
	size_t slots = s->slots ? 2 * s->slots : 64;
	struct touched *grown = mem_zeroed(slots, sizeof *grown);

	for (size_t i = 0; i < slots; i++)
		grown[i].token = -1;
	for (size_t i = 0; i < s->slots; i++)
		if (s->touched[i].token >= 0)
			grown[place_of(grown, slots, s->touched[i].token)] = s->touched[i];
	free(s->touched);
	s->touched = grown;
	s->slots = slots;
}

static struct touched *touch(struct sampler *s, int32_t token)
{
	if (2 * (s->touched_count + 1) > s->slots)
		rehash(s);
	struct touched *t = &s->touched[place_of(s->touched, s->slots, token)];
	if (t->token < 0) {
		t->token = token;
		s->touched_count++;
	}
	return t;
}

static bool has_penalties(const struct sampling *w)
{
	return w->repetition_penalty != 1 || w->presence_penalty != 0 || w->frequency_penalty != 0;
}

void sampler_add_prompt(struct sampler *s, const int32_t *tokens, size_t count)
{
	if (s->wishes.repetition_penalty == 1)
		return;
	for (size_t i = 0; i < count; i++)
		touch(s, tokens[i])->seen = true;
}

static void add_answer(struct sampler *s, int32_t token)
{
	if (!has_penalties(&s->wishes))
		return;
	struct touched *t = touch(s, token);
	t->seen = true;
	t->answered++;
}

static float changed(const struct sampling *w, const struct touched *t, float logit)
{
	if (t->seen)
		logit = logit > 0 ? logit / w->repetition_penalty : logit * w->repetition_penalty;
	if (t->answered)
		logit -= w->presence_penalty + w->frequency_penalty * (float)t->answered;
	return logit + t->bias;
}

static void change_logits(struct sampler *s, float *logits)
{
	for (size_t i = 0; i < s->slots; i++) {
		struct touched *t = &s->touched[i];
		if (t->token < 0)
			continue;
		t->original = logits[t->token];
		logits[t->token] = changed(&s->wishes, t, t->original);
	}
}

static void restore_logits(const struct sampler *s, float *logits)
{
	for (size_t i = 0; i < s->slots; i++)
		if (s->touched[i].token >= 0)
			logits[s->touched[i].token] = s->touched[i].original;
}

/* ---- Chance ---- */

/* SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9E3779B97F4A7C15u;

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
	return z ^ (z >> 31);
}

/* In [0, 1). */
static double uniform(struct sampler *s)
{
	return (double)(next_random(&s->random) >> 11) * 0x1p-53;
}

static bool seed(struct sampler *s, struct error *err)
{
	s->random = (uint64_t)s->wishes.seed;
	if (s->wishes.seed >= 0 || getentropy(&s->random, sizeof s->random) == 0)
		return true;
	return error_errno(err, "cannot get random numbers from the system");
}

/* ---- Candidates ---- */

static size_t take_top(struct sampler *s, const float *logits, size_t most)
{
	if (most > s->vocabulary)
		most = s->vocabulary;
	if (most > s->candidate_room) {
		free(s->candidates);
		s->candidates = mem_zeroed(most, sizeof *s->candidates);
		s->candidate_room = most;
	}
	return select_top(logits, s->vocabulary, s->candidates, most);
}

/* Weight of a candidate against the best one. */
static double weight(const struct sampler *s, float logit, float best)
{
	return select_exp((logit - best) / s->wishes.temperature);
}

/* How many of the best make up `share` of `mass`; 0 when all `count` are too few. */
static size_t cut_at_share(const struct sampler *s, size_t count, double mass, double share)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		sum += weight(s, s->candidates[i].logit, s->candidates[0].logit);
		if (sum >= share * mass)
			return i + 1;
	}
	return 0;
}

/* The candidates in order, after top-k and top-p. */
static size_t gather_top(struct sampler *s, const float *logits, float best)
{
	const struct sampling *w = &s->wishes;
	size_t count = take_top(s, logits, (size_t)w->top_k), kept;
	double mass = 0;

	for (size_t i = 0; i < count; i++)
		mass += weight(s, s->candidates[i].logit, best);
	kept = cut_at_share(s, count, mass, w->top_p);
	return kept ? kept : count;
}

/* The candidates in order, after top-p; 0 when they are too many to be worth it. */
static size_t gather_few(struct sampler *s, const float *logits, float best)
{
	double mass = select_mass(logits, s->vocabulary, best, 1 / s->wishes.temperature, -INFINITY);
	size_t count = take_top(s, logits, NUCLEUS_FEW), kept = cut_at_share(s, count, mass, s->wishes.top_p);

	return kept || count < s->vocabulary ? kept : count;
}

/* The logit that min-p asks for at least. */
static float least_logit(const struct sampling *w, float best)
{
	return w->min_p > 0 ? best + w->temperature * logf(w->min_p) : -INFINITY;
}

static int32_t draw_candidate(struct sampler *s, size_t count)
{
	float best = s->candidates[0].logit, least = least_logit(&s->wishes, best);
	double mass = 0;

	while (count > 1 && (s->candidates[count - 1].logit < least || s->candidates[count - 1].logit == -INFINITY))
		count--;
	for (size_t i = 0; i < count; i++)
		mass += weight(s, s->candidates[i].logit, best);
	double left = uniform(s) * mass;
	for (size_t i = 0; i < count; i++)
		if ((left -= weight(s, s->candidates[i].logit, best)) < 0)
			return s->candidates[i].token;
	return s->candidates[count - 1].token;
}

/* Of the tokens whose logits are `least` or more, the one at which their mass reaches `left`. */
static int32_t find_drawn(const struct sampler *s, const float *logits, size_t best_token, float least, double left)
{
	enum { STRETCH = 1024 };
	float best = logits[best_token], scale = 1 / s->wishes.temperature;
	size_t start = 0;

	for (; start + STRETCH < s->vocabulary; start += STRETCH) {
		double mass = select_mass(logits + start, STRETCH, best, scale, least);
		if (left < mass)
			break;
		left -= mass;
	}
	for (size_t i = start; i < s->vocabulary; i++)
		if (logits[i] >= least && (left -= select_exp((logits[i] - best) * scale)) < 0)
			return (int32_t)i;
	return (int32_t)best_token;
}

static int32_t draw_any(struct sampler *s, const float *logits, size_t best_token)
{
	float best = logits[best_token], least = least_logit(&s->wishes, best);
	double mass = select_mass(logits, s->vocabulary, best, 1 / s->wishes.temperature, least);

	return find_drawn(s, logits, best_token, least, uniform(s) * mass);
}

/* The n-th token, from 0, with just this logit; the last when there are fewer. */
static int32_t find_tie(const struct sampler *s, const float *logits, float logit, size_t n)
{
	int32_t last = 0;

	for (size_t i = 0; i < s->vocabulary; i++) {
		if (logits[i] != logit)
			continue;
		last = (int32_t)i;
		if (n-- == 0)
			break;
	}
	return last;
}

/* From top-p's share of the vocabulary. */
static int32_t draw_share(struct sampler *s, const float *logits, size_t best_token)
{
	float best = logits[best_token], scale = 1 / s->wishes.temperature, least = least_logit(&s->wishes, best);
	struct nucleus n = select_nucleus(logits, s->vocabulary, best, scale, s->wishes.top_p);

	if (least > n.cut)
		return draw_any(s, logits, best_token);
	float over = nextafterf(n.cut, INFINITY);
	double above = select_mass(logits, s->vocabulary, best, scale, over);
	double each = select_exp((n.cut - best) * scale), left = uniform(s) * (above + (double)n.ties * each);
	if (left < above)
		return find_drawn(s, logits, best_token, over, left);
	size_t tie = (size_t)((left - above) / each);
	return find_tie(s, logits, n.cut, tie < n.ties ? tie : n.ties - 1);
}

static int32_t choose(struct sampler *s, const float *logits, size_t best_token)
{
	const struct sampling *w = &s->wishes;

	if (w->temperature < COLD)
		return (int32_t)best_token;
	if (w->top_k > 0)
		return draw_candidate(s, gather_top(s, logits, logits[best_token]));
	if (w->top_p >= 1)
		return draw_any(s, logits, best_token);
	size_t few = gather_few(s, logits, logits[best_token]);
	return few ? draw_candidate(s, few) : draw_share(s, logits, best_token);
}

/* ---- Masks ---- */

/* Up to 32 logits, minus infinity where the bit is not set; works on whichever kind of bit is rarer. */
static void mask_word(float *out, const float *logits, size_t count, uint32_t word)
{
	bool few = __builtin_popcount(word) < 16;
	uint32_t rare = few ? word : ~word;

	if (few)
		for (size_t i = 0; i < count; i++)
			out[i] = -INFINITY;
	else
		memcpy(out, logits, count * sizeof *out);
	for (; rare; rare &= rare - 1) {
		size_t i = (size_t)__builtin_ctz(rare);
		if (i < count)
			out[i] = few ? logits[i] : -INFINITY;
	}
}

static const float *mask_logits(struct sampler *s, const float *logits, const uint32_t *allowed)
{
	if (!allowed)
		return logits;
	if (!s->masked)
		s->masked = mem_alloc(s->vocabulary * sizeof *s->masked);
	for (size_t i = 0; i < s->vocabulary; i += 32)
		mask_word(s->masked + i, logits + i, s->vocabulary - i < 32 ? s->vocabulary - i : 32, allowed[i / 32]);
	return s->masked;
}

/* ---- Log-probabilities ---- */

static float log_mass(const struct sampler *s, const float *logits)
{
	float best = logits[select_largest(logits, s->vocabulary)];

	return best + (float)log(select_mass(logits, s->vocabulary, best, 1, -INFINITY));
}

static void rank(struct sampler *s, const float *logits, struct pick *pick)
{
	if (s->wishes.top_logprobs < 0)
		return;
	float mass = log_mass(s, logits);
	pick->logprob = logits[pick->token] - mass;
	pick->rival_count = take_top(s, logits, (size_t)s->wishes.top_logprobs);
	for (size_t i = 0; i < pick->rival_count; i++)
		pick->rivals[i] = (struct ranked_token){ s->candidates[i].token, s->candidates[i].logit - mass };
}

/* ---- The whole ---- */

bool sampler_pick(struct sampler *s, float *logits, const uint32_t *allowed, struct pick *pick, struct error *err)
{
	*pick = (struct pick){ .logprob = NAN };
	change_logits(s, logits);
	const float *open = mask_logits(s, logits, allowed);
	size_t best = select_largest(open, s->vocabulary);
	bool usable = isfinite(open[best]);
	if (usable)
		pick->token = choose(s, open, best);
	restore_logits(s, logits);
	if (!usable && allowed && isfinite(logits[select_largest(logits, s->vocabulary)]))
		return error_set(err, ERROR_INTERNAL,
			"no token of this model can go on in the form that was asked for");
	if (!usable)
		return error_set(err, ERROR_INTERNAL, "the model's logits are no finite numbers");
	rank(s, logits, pick);
	add_answer(s, pick->token);
	return true;
}

struct sampler *sampler_create(const struct sampling *wishes, const struct sampling *defaults, size_t vocabulary,
			       struct error *err)
{
	own_sampler *s = mem_zeroed(1, sizeof *s);

	assert(vocabulary > 0);
	s->wishes = resolve(wishes, defaults);
	s->vocabulary = vocabulary;
	if (!check_ranges(&s->wishes, err) || !check_biases(s, err) || !seed(s, err))
		return NULL;
	for (size_t i = 0; i < s->wishes.bias_count; i++)
		touch(s, s->wishes.biases[i].token)->bias += s->wishes.biases[i].bias;
	return take(s);
}

void sampler_destroy(struct sampler *s)
{
	if (!s)
		return;
	free(s->touched);
	free(s->candidates);
	free(s->masked);
	free(s);
}
