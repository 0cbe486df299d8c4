#include "kernel/vector.h"

#include <math.h>

#include "base/cleanup.h"
#include "kernel/cpu.h"
#include "kernel/random.h"
#include "support/test.h"

enum { MOST = 1000 };

static const size_t lengths[] = { 1, 2, 15, 16, 17, 31, 64, 100, 127, 128, 896, MOST };

static void fill(float *v, size_t n, uint64_t *seed)
{
	for (size_t i = 0; i < n; i++)
		v[i] = random_normal(seed, 1);
}

static void check(const float *got, const double *wanted, size_t n, double tolerance)
{
	for (size_t i = 0; i < n; i++)
		if (fabs(got[i] - wanted[i]) > tolerance * (1 + fabs(wanted[i])))
			fail_msg("%s: element %zu of %zu is %g, not %g", isa_name(kernel_isa()), i, n, got[i],
				wanted[i]);
}

static void norm_like_the_definition(void)
{
	uint64_t seed = 1;
	float in[MOST], weight[MOST], out[MOST];
	double wanted[MOST];

	for (size_t k = 0; k < countof(lengths); k++) {
		size_t n = lengths[k];
		double sum = 0;
		fill(in, n, &seed);
		fill(weight, n, &seed);
		for (size_t i = 0; i < n; i++)
			sum += (double)in[i] * in[i];
		for (size_t i = 0; i < n; i++)
			wanted[i] = in[i] / sqrt(sum / (double)n + 1e-6) * weight[i];
		rms_norm(out, in, weight, n, 1e-6f);
		check(out, wanted, n, 1e-6);
		rms_norm(in, in, weight, n, 1e-6f);
		assert_memory_equal(in, out, n * sizeof *in);
	}
}

static void norm_every_head_as_a_row(void)
{
	uint64_t seed = 3;
	float heads[7 * 64], copy[7 * 64], weight[64];

	fill(heads, countof(heads), &seed);
	fill(weight, countof(weight), &seed);
	memcpy(copy, heads, sizeof copy);
	heads_norm(heads, 7, 64, weight, 1e-5f);
	for (size_t h = 0; h < 7; h++)
		rms_norm(copy + h * 64, copy + h * 64, weight, 64, 1e-5f);
	assert_memory_equal(heads, copy, sizeof copy);
}

static void turn_like_the_definition(void)
{
	static const size_t halves[] = { 1, 8, 15, 32, 40, 64 };
	uint64_t seed = 4;

	for (size_t k = 0; k < countof(halves); k++) {
		size_t half = halves[k], dimension = 2 * half + (k % 2 ? 16 : 0), position = 1000 + k;
		float frequencies[64], cosine[64], sine[64], heads[3 * 144], before[3 * 144];
		double wanted[3 * 144];

		for (size_t i = 0; i < half; i++)
			frequencies[i] = powf(1e6f, -(float)i / (float)half);
		fill(heads, 3 * dimension, &seed);
		memcpy(before, heads, sizeof heads);
		rope_angles(cosine, sine, frequencies, half, 1.25f, position);
		rope_turn(heads, 3, dimension, cosine, sine, half);
		for (size_t at = 0; at < 3 * dimension; at++) {
			size_t i = at % dimension;
			float angle = (float)position * frequencies[i % half];   /* as in training */
			double c = cos(angle) * 1.25, s = sin(angle) * 1.25;
			wanted[at] = i < half ? before[at] * c - before[at + half] * s :
				i < 2 * half ? before[at] * c + before[at - half] * s : before[at];
		}
		check(heads, wanted, 3 * dimension, 1e-6);
	}
}

enum { RANK_MOST = 11, ROWS = 5, GROUP = 16 };

static void shrink_like_the_definition(void)
{
	static const size_t widths[] = { 16, 32, 96, 896 };
	uint64_t seed = 5;
	float a[RANK_MOST * 896], in[896], out[RANK_MOST + 1], alone;
	double wanted[RANK_MOST];

	fill(a, countof(a), &seed);
	fill(in, countof(in), &seed);
	for (size_t k = 0; k < countof(widths); k++)
		for (size_t rank = 1, n = widths[k]; rank <= RANK_MOST; rank++) {
			for (size_t j = 0; j < rank; j++) {
				wanted[j] = 0;
				for (size_t i = 0; i < n; i++)
					wanted[j] += 0.5 * a[j * n + i] * in[i];
			}
			out[rank] = 7;
			vector_shrink(out, a, rank, in, n, 0.5f);
			check(out, wanted, rank, 2e-5);
			assert_true(out[rank] == 7);
			for (size_t j = 0; j < rank; j++) {      /* however ranks are divided */
				vector_shrink(&alone, a + j * n, 1, in, n, 0.5f);
				assert_memory_equal(&alone, &out[j], sizeof alone);
			}
		}
}

static void expand_like_the_definition(void)
{
	enum { STRIDE = RANK_MOST + 2 };
	uint64_t seed = 6;
	float b[RANK_MOST * GROUP], in[ROWS * STRIDE], out[ROWS][GROUP], alone[ROWS][GROUP];
	double wanted[GROUP];

	fill(b, countof(b), &seed);
	fill(in, countof(in), &seed);
	for (size_t rank = 1; rank <= RANK_MOST; rank++) {
		for (size_t row = 0; row < ROWS; row++)
			fill(out[row], GROUP, &seed);
		memcpy(alone, out, sizeof out);
		vector_expand(out, b, rank, in, STRIDE, ROWS);
		for (size_t row = 0; row < ROWS; row++) {
			for (size_t i = 0; i < GROUP; i++) {
				wanted[i] = alone[row][i];
				for (size_t j = 0; j < rank; j++)
					wanted[i] += b[j * GROUP + i] * (double)in[row * STRIDE + j];
			}
			check(out[row], wanted, GROUP, 1e-5);
			vector_expand(alone + row, b, rank, in + row * STRIDE, STRIDE, 1);
		}
		assert_memory_equal(alone, out, sizeof out);
	}
}

/* Each property must hold with every set of instructions. */
static void with_each_set(void (*property)(void))
{
	for (enum isa i = 0; i < ISA_COUNT; i++)
		if (kernel_isa_use(i))
			property();
}

TEST(rms_norm_is_what_it_is_defined_as) { with_each_set(norm_like_the_definition); }
TEST(heads_are_normed_one_by_one) { with_each_set(norm_every_head_as_a_row); }
TEST(shrinking_takes_dot_products_whatever_is_beside_them) { with_each_set(shrink_like_the_definition); }
TEST(expanding_adds_to_groups_of_outputs) { with_each_set(expand_like_the_definition); }
TEST(rotation_turns_pairs_half_a_head_apart) { with_each_set(turn_like_the_definition); }

TEST(angles_at_position_zero_are_the_magnitude)
{
	float frequencies[2] = { 1, 0.5f }, cosine[2], sine[2];

	rope_angles(cosine, sine, frequencies, 2, 2, 0);
	assert_true(cosine[0] == 2 && cosine[1] == 2 && sine[0] == 0 && sine[1] == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rms_norm_is_what_it_is_defined_as),
		cmocka_unit_test(heads_are_normed_one_by_one),
		cmocka_unit_test(shrinking_takes_dot_products_whatever_is_beside_them),
		cmocka_unit_test(expanding_adds_to_groups_of_outputs),
		cmocka_unit_test(rotation_turns_pairs_half_a_head_apart),
		cmocka_unit_test(angles_at_position_zero_are_the_magnitude),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
