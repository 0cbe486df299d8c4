#include "prepare/config.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"

enum { CONFIG_MAX_BYTES = 1 << 20, CONTEXT_ASSUMED = 2048, CONTEXT_MAX = 1 << 24 };

/* ---- Numbers that both know ---- */

static bool contradicts(struct error *err, const char *key, double stated, double shown)
{
	return error_set(err, ERROR_INVALID, "config.json says %s is %g, the graph shows %g", key, stated, shown);
}

static bool check_numbers(const struct decoder_shape *s, const json_t *config, struct error *err)
{
	const struct { const char *key; double shown; } numbers[] = {
		{ "hidden_size", s->hidden }, { "intermediate_size", s->intermediate },
		{ "num_hidden_layers", s->layers }, { "num_attention_heads", s->heads },
		{ "num_key_value_heads", s->kv_heads }, { "head_dim", s->head_dim }, { "vocab_size", s->vocabulary },
	};

	for (size_t i = 0; i < countof(numbers); i++) {
		const json_t *value = json_object_get(config, numbers[i].key);
		double stated = json_number_value(value);
		if (json_is_number(value) && stated != numbers[i].shown)
			return contradicts(err, numbers[i].key, stated, numbers[i].shown);
	}
	return true;
}

/* A graph of halves has it rounded to one: 1e-6 lies between two that are 6 % apart. */
static bool check_eps(struct decoder_shape *s, const json_t *config, struct error *err)
{
	const json_t *value = json_object_get(config, "rms_norm_eps");
	double stated = json_number_value(value), shown = (double)s->eps;

	if (!json_is_number(value))
		return true;
	if (fabs(stated - shown) > 0.05 * shown)
		return contradicts(err, "rms_norm_eps", stated, shown);
	s->eps = (float)stated;
	return true;
}

static bool check_activation(const json_t *config, struct error *err)
{
	const char *name = json_member_string(config, "hidden_act");

	return !name || strcmp(name, "silu") == 0 || strcmp(name, "swish") == 0 || strcmp(name, "swiglu") == 0 ||
	       error_set(err, ERROR_INVALID, "config.json says hidden_act is %.40s, the graph shows silu", name);
}

/*
 * How many tokens a position sees.  Qwen's files state a window and that it is
 * not used; exporters have put it into graphs all the same, where it is taken
 * for what it is.
 */
static bool check_window(const struct found *f, const json_t *config, struct error *err)
{
	const json_t *used = json_object_get(config, "use_sliding_window");
	json_int_t stated = json_integer_value(json_object_get(config, "sliding_window"));
	size_t window = stated > 0 ? (size_t)stated : 0, windows[] = { f->window, window };
	bool unused = json_is_false(used);

	for (size_t i = 0; i < countof(windows); i++)
		if (windows[i] && windows[i] < f->shape.context && !(unused && windows[i] == window))
			return error_set(err, ERROR_INVALID, "each token sees %zu before it, of a context of %lu; "
				"we know attention to all", windows[i], (unsigned long)f->shape.context);
	return true;
}

/* ---- Rotary positions ---- */

/* `off`: the relative error that is let pass. */
static bool is_near(const struct found *f, const double *frequencies, double magnitude, double off)
{
	for (size_t i = 0; i < f->shape.rotary_dim / 2; i++)
		if (fabs(f->frequencies[i] - frequencies[i]) > off * frequencies[i] + 1e-6)
			return false;
	return fabs((double)f->shape.rope_magnitude - magnitude) < 2e-3;
}

static void set_frequencies(struct found *f, const double *frequencies, double magnitude)
{
	memcpy(f->frequencies, frequencies, f->shape.rotary_dim / 2 * sizeof *frequencies);
	f->shape.rope_magnitude = (float)magnitude;
}

static void ask_for(struct config_change *change, const char *what, const double *frequencies, size_t half,
	double magnitude)
{
	change->what = what;
	change->magnitude = (float)magnitude;
	for (size_t i = 0; i < half; i++)
		change->frequencies[i] = (float)frequencies[i];
}

/* The graph has what config.json says; or rounded to halves; or, for YaRN, what the model has without it. */
static bool check_rope(struct found *f, const struct rope *rope, struct config_change *change, struct error *err)
{
	const struct rope bare = { .kind = ROPE_DEFAULT, .theta = rope->theta };
	double stated[FREQUENCIES_MAX], plain[FREQUENCIES_MAX];
	size_t half = f->shape.rotary_dim / 2;

	if (rope->kind == ROPE_OTHER)
		return true;
	rope_frequencies(rope, half, stated);
	rope_frequencies(&bare, half, plain);
	if (is_near(f, stated, rope->magnitude, 1e-5))
		set_frequencies(f, stated, rope->magnitude);
	else if (is_near(f, stated, rope->magnitude, 1e-3))
		ask_for(change, "exact rotary frequencies instead of halves", stated, half, rope->magnitude);
	else if (rope->kind == ROPE_YARN && is_near(f, plain, 1, 1e-3))
		ask_for(change, "YaRN as config.json asks", stated, half, rope->magnitude);
	else
		return error_set(err, ERROR_INVALID, "config.json's rotary positions are not those of the graph");
	return true;
}

/* ---- The whole ---- */

static double context_of(const json_t *config)
{
	double context = json_number_value(json_object_get(config, "max_position_embeddings"));

	return context >= 1 && context <= CONTEXT_MAX ? context : CONTEXT_ASSUMED;
}

bool config_check(struct found *f, const char *folder, struct config_change *change, struct error *err)
{
	own_mem char *path = path_join(folder, "config.json");
	own_json *config = json_parse_file(path, CONFIG_MAX_BYTES, err);
	struct rope rope = {0};

	*change = (struct config_change){0};
	if (!config || !check_numbers(&f->shape, config, err) || !check_eps(&f->shape, config, err) ||
	    !check_activation(config, err))
		return false;
	double context = context_of(config);
	if (!rope_read(&rope, config, context, err) || !check_rope(f, &rope, change, err))
		return false;
	if (rope.kind == ROPE_YARN)
		context = fmin(CONTEXT_MAX, fmax(context, rope.original * rope.factor));
	f->shape.context = (uint32_t)context;
	if (json_is_true(json_object_get(config, "tie_word_embeddings")) && !f->shape.tied)
		f->shape.tied = source_equal(&f->embedding, &f->head.weights);
	return check_window(f, config, err);
}
