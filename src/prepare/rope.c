#include "prepare/rope.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

static const struct { const char *name; enum rope_kind kind; } kinds[] = {
	{ "default", ROPE_DEFAULT }, { "linear", ROPE_LINEAR }, { "llama3", ROPE_LLAMA3 }, { "yarn", ROPE_YARN },
};

static double number_or(const json_t *object, const char *key, double otherwise)
{
	const json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_number_value(value) : otherwise;
}

static enum rope_kind kind_of(const json_t *scaling)
{
	const char *name = json_member_string(scaling, "rope_type");

	name = name ? name : json_member_string(scaling, "type");
	if (!name)
		return ROPE_DEFAULT;
	for (size_t i = 0; i < countof(kinds); i++)
		if (strcmp(name, kinds[i].name) == 0)
			return kinds[i].kind;
	return ROPE_OTHER;
}

/* Newer files have all of it in rope_parameters, older ones theta beside rope_scaling. */
bool rope_read(struct rope *r, const json_t *config, double context, struct error *err)
{
	const json_t *all = json_object_get(config, "rope_parameters");
	const json_t *scaling = json_is_object(all) ? all : json_object_get(config, "rope_scaling");

	*r = (struct rope){ .kind = kind_of(scaling), .magnitude = 1 };
	r->theta = number_or(all, "rope_theta", number_or(config, "rope_theta", 10000));
	r->factor = number_or(scaling, "factor", 1);
	r->original = number_or(scaling, "original_max_position_embeddings", context);
	r->low = r->kind == ROPE_YARN ? number_or(scaling, "beta_slow", 1) : number_or(scaling, "low_freq_factor", 1);
	r->high = r->kind == ROPE_YARN ? number_or(scaling, "beta_fast", 32) :
		number_or(scaling, "high_freq_factor", 4);
	if (!(r->theta > 1 && r->theta < 1e12) || !(r->factor >= 1 && r->factor < 1e6) || !(r->original >= 1) ||
	    !(r->low > 0) || !(r->high > r->low))
		return error_set(err, ERROR_INVALID, "config.json: its rotary positions make no sense");
	if (r->kind == ROPE_YARN)
		r->magnitude = number_or(scaling, "attention_factor", 0.1 * log(r->factor) + 1);
	if (r->kind == ROPE_YARN && json_object_get(scaling, "mscale"))
		r->kind = ROPE_OTHER;
	return true;
}

static double llama3(const struct rope *r, double frequency)
{
	double turns = r->original * frequency / (2 * M_PI);     /* within the original context */
	double smooth = (turns - r->low) / (r->high - r->low);

	if (turns > r->high)
		return frequency;
	if (turns < r->low)
		return frequency / r->factor;
	return (1 - smooth) * frequency / r->factor + smooth * frequency;
}

/* Which pair goes round so often within the original context; a fraction. */
static double pair_of_turns(const struct rope *r, double turns, size_t half)
{
	return (double)half * log(r->original / (turns * 2 * M_PI)) / log(r->theta);
}

static double yarn(const struct rope *r, double frequency, size_t i, size_t half)
{
	double first = fmax(floor(pair_of_turns(r, r->high, half)), 0);
	double last = fmin(ceil(pair_of_turns(r, r->low, half)), 2 * (double)half - 1);
	double ramp = ((double)i - first) / (last > first ? last - first : 0.001);

	ramp = fmin(1, fmax(0, ramp));
	return frequency / r->factor * ramp + frequency * (1 - ramp);
}

void rope_frequencies(const struct rope *r, size_t half, double *frequencies)
{
	for (size_t i = 0; i < half; i++) {
		double frequency = pow(r->theta, -(double)i / (double)half);

		frequencies[i] = r->kind == ROPE_LINEAR ? frequency / r->factor :
				 r->kind == ROPE_LLAMA3 ? llama3(r, frequency) :
				 r->kind == ROPE_YARN ? yarn(r, frequency, i, half) : frequency;
	}
}
