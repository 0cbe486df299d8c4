#include "kernel/attention.h"

#include <math.h>

#include "base/mem.h"
#include "kernel/cpu.h"
#include "kernel/team.h"
#include "support/test.h"

enum { LAYERS = 2, LAYER = 1, LENGTH_MAX = 700, PAGES_MAX = LENGTH_MAX / PAGE_TOKENS + 1 };

static uint32_t seed = 1;

static uint32_t any(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (uint32_t)((uint64_t)seed * below >> 32);
}

static float any_float(void)
{
	return (float)any(1 << 24) / (1 << 23) - 1;
}

/* ---- A sequence, and what is computed of it slowly ---- */

struct past {
	struct attention_shape shape;
	size_t length;
	void *pages[PAGES_MAX];
	float *k, *v;                /* [length][kv_heads * head_dim], as stored */
	float *q;                    /* [length][heads * head_dim] */
};

static float *floats(size_t count)
{
	float *list = mem_zeroed(count, sizeof *list);

	for (size_t i = 0; i < count; i++)
		list[i] = any_float();
	return list;
}

static int unwritten = 0xFF;     /* bytes of what nobody stored; these are no numbers */

static void past_init(struct past *p, const struct attention_shape *shape, size_t length)
{
	const size_t width = shape->kv_heads * shape->head_dim, bytes = attention_page_bytes(shape, LAYERS);

	*p = (struct past){ .shape = *shape, .length = length };
	p->k = floats(length * width);
	p->v = floats(length * width);
	p->q = floats(length * shape->heads * shape->head_dim);
	for (size_t i = 0; i * PAGE_TOKENS < length; i++) {
		p->pages[i] = aligned_alloc(64, bytes);
		memset(p->pages[i], unwritten, bytes);
	}
	for (size_t i = 0; i < length; i++)
		attention_store(shape, p->pages[i / PAGE_TOKENS], LAYER, i % PAGE_TOKENS, p->k + i * width,
			p->v + i * width);
}

static void past_done(struct past *p)
{
	for (size_t i = 0; i < PAGES_MAX; i++)
		free(p->pages[i]);
	free(p->k);
	free(p->v);
	free(p->q);
}

static double half_value(uint16_t bits)
{
	const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
	const double size = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);

	return exponent == 31 ? (mantissa ? NAN : INFINITY) : bits & 0x8000 ? -size : size;
}

static double number_at(enum kv_type type, const char *base, size_t index)
{
	switch (type) {
	case KV_F32: return ((const float *)base)[index];
	case KV_F16: return half_value(((const uint16_t *)base)[index]);
	case KV_I8: return ((const int8_t *)base)[index];
	}
	return NAN;
}

/* Key or value `i` of a token, read from its page as the header describes it. */
static double stored(const struct past *p, bool value, size_t token, size_t head, size_t i)
{
	static const size_t sizes[] = { [KV_F32] = 4, [KV_F16] = 2, [KV_I8] = 1 };
	const struct attention_shape *s = &p->shape;
	const size_t size = sizes[s->type], keys = s->head_dim * 32, values = (s->head_dim + 31) / 32 * 32 * 32;
	const size_t scales = s->type == KV_I8 ? 2 * 32 * sizeof(float) : 0, slot = token % 32;
	const size_t head_bytes = (keys + values) * size + scales;
	const char *base = (const char *)p->pages[token / 32] + (LAYER * s->kv_heads + head) * head_bytes;
	const float *factor = (const float *)(base + (keys + values) * size) + slot;

	if (value)
		return number_at(s->type, base + keys * size, (i / 32 * 32 + slot) * 32 + i % 32) *
			(scales ? factor[32] : 1);
	return number_at(s->type, base, i * 32 + slot) * (scales ? factor[0] : 1);
}

static void slowly(const struct past *p, size_t position, size_t head, double *out)
{
	const struct attention_shape *s = &p->shape;
	const float *q = p->q + (position * s->heads + head) * s->head_dim;
	const size_t kv = head / (s->heads / s->kv_heads);
	double scores[LENGTH_MAX], top = -INFINITY, sum = 0;

	for (size_t t = 0; t <= position; t++) {
		scores[t] = 0;
		for (size_t i = 0; i < s->head_dim; i++)
			scores[t] += q[i] * stored(p, false, t, kv, i);
		scores[t] *= s->scale;
		top = fmax(top, scores[t]);
	}
	for (size_t i = 0; i < s->head_dim; i++)
		out[i] = 0;
	for (size_t t = 0; t <= position; t++) {
		double weight = exp(scores[t] - top);
		sum += weight;
		for (size_t i = 0; i < s->head_dim; i++)
			out[i] += weight * stored(p, true, t, kv, i);
	}
	for (size_t i = 0; i < s->head_dim; i++)
		out[i] /= sum;
}

/* ---- What is tested ---- */

static struct attention_row row_of(const struct past *p, size_t position, float *out)
{
	const size_t width = p->shape.heads * p->shape.head_dim;

	return (struct attention_row){ p->q + position * width, out, p->pages, position };
}

static void work(void *user, unsigned member, unsigned members)
{
	(void)members;
	attention_run(user, LAYER, member);
}

static void attend(struct attention *a, struct team *team, const struct attention_row *rows, size_t count)
{
	attention_plan(a, rows, count, team_members(team));
	team_run(team, work, a);
}

/* One row by one member, which every other way must agree with. */
static void attend_alone(const struct past *p, size_t position, float *out)
{
	own_attention *a = attention_create(&p->shape);
	struct attention_row row = row_of(p, position, out);

	attention_plan(a, &row, 1, 1);
	attention_run(a, LAYER, 0);
}

/* Head sizes and groups of the models we know, and of the small ones tests use. */
static const struct attention_shape shapes[] = {
	{ 4, 2, 16, 0.25f, KV_F16 },
	{ 2, 2, 32, 0.17f, KV_F16 },
	{ 14, 2, 64, 0.125f, KV_F16 },
	{ 12, 2, 128, 0.088f, KV_F16 },
	{ 3, 1, 80, 0.11f, KV_F16 },
	{ 8, 4, 96, 0.1f, KV_F16 },
	{ 13, 1, 64, 0.125f, KV_F16 },
	{ 2, 1, 256, 0.0625f, KV_F16 },
};

typedef void shape_test(const struct attention_shape *shape);

static void each_shape(shape_test *test)
{
	for (enum isa isa = ISA_PORTABLE; isa < ISA_COUNT; isa++) {
		if (!kernel_isa_use(isa)) {
			fprintf(stderr, "# not tested: this machine has no %s\n", isa_name(isa));
			continue;
		}
		for (size_t i = 0; i < countof(shapes); i++)
			for (enum kv_type type = KV_F32; type <= KV_I8; type++) {
				struct attention_shape shape = shapes[i];
				shape.type = type;
				test(&shape);
			}
	}
}

static void compare_slowly(const struct attention_shape *s)
{
	static const size_t lengths[] = { 1, 2, 31, 32, 33, 255, 256, 257, 300, 513 };
	struct past p;

	past_init(&p, s, 520);
	for (size_t i = 0; i < countof(lengths); i++) {
		double expected[ATTENTION_DIM_MAX];
		own_mem float *out = mem_zeroed(s->heads * s->head_dim, sizeof *out);
		attend_alone(&p, lengths[i] - 1, out);
		for (size_t h = 0; h < s->heads; h++) {
			slowly(&p, lengths[i] - 1, h, expected);
			for (size_t j = 0; j < s->head_dim; j++)
				if (!(fabs(out[h * s->head_dim + j] - expected[j]) < 2e-6))
					fail_msg("type %d, head %zu of %zu, length %zu: %.9g instead of %.9g", s->type,
						h, s->head_dim, lengths[i],
						(double)out[h * s->head_dim + j], expected[j]);
		}
	}
	past_done(&p);
}

TEST(a_row_is_what_slow_arithmetic_gives)
{
	each_shape(compare_slowly);
}

/* Some rows of some sequences: slices of consecutive positions, now and then with a hole. */
static size_t any_rows(struct attention_row *rows, size_t room, struct past *pasts, size_t past_count, float *out)
{
	size_t count = 0;

	for (size_t i = 0; i < past_count; i++) {
		struct past *p = &pasts[i];
		size_t many = 1 + (any(2) ? any(40) : 0), position = any((uint32_t)p->length);
		for (; many-- && position < p->length && count < room; count++, position += any(20) ? 1 : 2)
			rows[count] = row_of(p, position, out + count * p->shape.heads * p->shape.head_dim);
	}
	return count;
}

static void compare_alone(const struct attention_shape *s)
{
	enum { SEQUENCES = 3, ROWS = 100 };
	const size_t width = s->heads * s->head_dim;
	own_mem float *out = mem_zeroed(ROWS * width, sizeof *out), *alone = mem_zeroed(width, sizeof *alone);
	own_attention *a = attention_create(s);
	struct attention_row rows[ROWS];
	struct past pasts[SEQUENCES];
	struct error err = {0};

	for (size_t i = 0; i < SEQUENCES; i++)
		past_init(&pasts[i], s, 1 + any(LENGTH_MAX));
	for (unsigned members = 1; members <= 4; members++) {
		own_team *team = team_create(members, &err);
		size_t count = any_rows(rows, ROWS, pasts, SEQUENCES, out);
		attend(a, team, rows, count);
		attend(a, team, rows, count);    /* and once more with the same memory */
		for (size_t i = 0; i < count; i++) {
			struct past *p = pasts;
			while (rows[i].pages != p->pages)
				p++;
			attend_alone(p, rows[i].position, alone);
			assert_memory_equal(rows[i].out, alone, width * sizeof *alone);
		}
	}
	for (size_t i = 0; i < SEQUENCES; i++)
		past_done(&pasts[i]);
}

TEST(a_row_has_the_same_bits_alone_and_beside_any_others)
{
	seed = 7;
	each_shape(compare_alone);
}

static void compare_unwritten(const struct attention_shape *s)
{
	static const int fillings[] = { 0xFF, 0x00, 0x5A, 0xDA };    /* no numbers, zeros, large ones of both signs */
	const size_t width = s->heads * s->head_dim;
	own_mem float *outs = mem_zeroed(countof(fillings) * width, sizeof *outs);
	const uint32_t kept = seed;

	for (size_t length = 290; length <= 300; length += 10) {
		for (size_t i = 0; i < countof(fillings); i++) {
			struct past p;
			seed = kept;
			unwritten = fillings[i];
			past_init(&p, s, length);
			attend_alone(&p, length - 1, outs + i * width);
			assert_memory_equal(outs + i * width, outs, width * sizeof *outs);
			past_done(&p);
		}
	}
	unwritten = 0xFF;
}

TEST(what_lies_behind_a_row_does_not_matter)
{
	each_shape(compare_unwritten);
}

/* Layers run one after the other on one plan. */
struct layers_job {
	struct attention *a;
	struct team *team;
	float *out;
	size_t width;
};

static void several_layers(void *user, unsigned member, unsigned members)
{
	struct layers_job *job = user;

	(void)members;
	for (size_t i = 0; i < 5; i++) {
		if (member == 0)
			memset(job->out, 0, job->width * sizeof *job->out);
		team_barrier(job->team);
		attention_run(job->a, LAYER, member);
		team_barrier(job->team);
	}
}

TEST(one_plan_serves_all_layers)
{
	const struct attention_shape *s = &shapes[2];
	const size_t width = s->heads * s->head_dim;
	struct error err = {0};
	own_team *team = team_create(3, &err);
	own_attention *a = attention_create(s);
	own_mem float *out = mem_zeroed(width, sizeof *out), *alone = mem_zeroed(width, sizeof *alone);
	struct past p;

	past_init(&p, s, 700);
	struct attention_row row = row_of(&p, 699, out);
	attention_plan(a, &row, 1, 3);
	team_run(team, several_layers, &(struct layers_job){ a, team, out, width });
	attend_alone(&p, 699, alone);
	assert_memory_equal(out, alone, width * sizeof *out);
	past_done(&p);
}

static void compare_in_place(const struct attention_shape *s)
{
	const size_t width = s->heads * s->head_dim;
	own_mem float *alone = mem_zeroed(width, sizeof *alone), *q = mem_zeroed(width, sizeof *q);
	own_attention *a = attention_create(s);
	struct past p;

	past_init(&p, s, 300);
	attend_alone(&p, 299, alone);
	memcpy(q, p.q + 299 * width, width * sizeof *q);
	struct attention_row row = { q, q, p.pages, 299 };
	attention_plan(a, &row, 1, 1);
	attention_run(a, LAYER, 0);
	assert_memory_equal(q, alone, width * sizeof *q);
	past_done(&p);
}

TEST(the_result_may_replace_the_query)
{
	each_shape(compare_in_place);
}

/* ---- What is stored ---- */

static void compare_stored(const struct attention_shape *s)
{
	static const double errors[] = { [KV_F32] = 0, [KV_F16] = 0x1p-12, [KV_I8] = 0.501 / 127 };
	struct past p;

	past_init(&p, s, 70);
	for (size_t t = 0; t < p.length; t++)
		for (size_t h = 0; h < s->kv_heads; h++)
			for (size_t i = 0; i < s->head_dim; i++) {
				size_t at = (t * s->kv_heads + h) * s->head_dim + i;
				assert_true(fabs(stored(&p, false, t, h, i) - p.k[at]) <= errors[s->type]);
				assert_true(fabs(stored(&p, true, t, h, i) - p.v[at]) <= errors[s->type]);
			}
	past_done(&p);
}

TEST(what_is_stored_is_rounded_to_nearest)
{
	each_shape(compare_stored);
}

static void store_special(const struct attention_shape *s)
{
	static const struct { float in; double out; } cases[] = {
		{ 1e6f, 65504 }, { -1e6f, -65504 }, { 65519, 65504 }, { 65530, 65504 }, { 0, 0 }, { 0x1p-24f, 0x1p-24 },
		{ 0x1.8p-25f, 0x1p-24 }, { 0x1p-25f, 0 }, { -0x1p-26f, 0 }, { 0x1.ff8p-15f, 0x1.ff8p-15 },
		{ 0x1.ffcp-15f, 0x1p-14 }, { 0x1.ffep-15f, 0x1p-14 },
		{ 0x1.002p0f, 1 }, { 0x1.006p0f, 0x1.008p0 }, { 0x1.0021p0f, 0x1.004p0 }, { -3, -3 }, { 1e-30f, 0 },
	};
	struct past p;

	if (s->type != KV_F16 || s->head_dim < countof(cases))
		return;
	past_init(&p, s, 1);
	for (size_t i = 0; i < countof(cases); i++)
		p.k[i] = cases[i].in;
	attention_store(s, p.pages[0], LAYER, 0, p.k, p.v);
	for (size_t i = 0; i < countof(cases); i++)
		if (stored(&p, false, 0, 0, i) != cases[i].out)
			fail_msg("%a became %a", (double)cases[i].in, stored(&p, false, 0, 0, i));
	past_done(&p);
}

TEST(half_precision_saturates_and_rounds_ties_to_even)
{
	each_shape(store_special);
}

TEST(a_zero_vector_is_stored_in_8_bits)
{
	struct attention_shape s = shapes[2];
	struct past p;

	s.type = KV_I8;
	past_init(&p, &s, 1);
	memset(p.k, 0, s.kv_heads * s.head_dim * sizeof *p.k);
	attention_store(&s, p.pages[0], LAYER, 0, p.k, p.v);
	for (size_t i = 0; i < s.head_dim; i++)
		assert_true(stored(&p, false, 0, 0, i) == 0);
	past_done(&p);
}

TEST(a_shape_that_cannot_be_computed_is_known)
{
	assert_true(attention_shape_valid(&shapes[0]));
	assert_false(attention_shape_valid(&(struct attention_shape){ 4, 3, 64, 1, KV_F16 }));
	assert_false(attention_shape_valid(&(struct attention_shape){ 4, 2, 40, 1, KV_F16 }));
	assert_false(attention_shape_valid(&(struct attention_shape){ 4, 2, 512, 1, KV_F16 }));
	assert_false(attention_shape_valid(&(struct attention_shape){ 4, 0, 64, 1, KV_F16 }));
	assert_false(attention_shape_valid(&(struct attention_shape){ 130, 2, 64, 1, KV_F16 }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_is_what_slow_arithmetic_gives),
		cmocka_unit_test(a_row_has_the_same_bits_alone_and_beside_any_others),
		cmocka_unit_test(what_lies_behind_a_row_does_not_matter),
		cmocka_unit_test(one_plan_serves_all_layers),
		cmocka_unit_test(the_result_may_replace_the_query),
		cmocka_unit_test(what_is_stored_is_rounded_to_nearest),
		cmocka_unit_test(half_precision_saturates_and_rounds_ties_to_even),
		cmocka_unit_test(a_zero_vector_is_stored_in_8_bits),
		cmocka_unit_test(a_shape_that_cannot_be_computed_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
