#include "kernel/matrix.h"

#include <math.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "kernel/cpu.h"
#include "kernel/random.h"
#include "support/test.h"

/* A matrix with what it was made from; and rows to multiply it with. */
struct problem {
	struct matrix m;
	float *weights;         /* [outputs][inputs] as packed: matrix_row() */
	struct activations x;
	float *values;          /* as x's, for as many rows as there are */
	void *data, *memory;
};

static void *aligned(size_t size)
{
	void *p = aligned_alloc(MATRIX_ALIGN, (size + MATRIX_ALIGN - 1) / MATRIX_ALIGN * MATRIX_ALIGN);

	assert_non_null(p);
	return p;
}

static void pack(struct matrix *m, void *data, const float *weights)
{
	for (size_t g = 0; g * MATRIX_GROUP < m->outputs; g++) {
		const float *rows[MATRIX_GROUP];
		size_t count = 0;
		for (; count < MATRIX_GROUP && g * MATRIX_GROUP + count < m->outputs; count++)
			rows[count] = weights + (g * MATRIX_GROUP + count) * m->inputs;
		matrix_pack_floats(m->type, (char *)data + g * matrix_group_bytes(m->type, m->inputs), rows, count,
			m->inputs);
	}
	m->data = data;
}

static void problem_init(struct problem *p, enum weights type, size_t outputs, size_t inputs, size_t rows,
	uint64_t *seed)
{
	*p = (struct problem){ .m = { .type = type, .outputs = outputs, .inputs = inputs } };
	p->weights = aligned(outputs * inputs * sizeof(float));
	for (size_t i = 0; i < outputs * inputs; i++)
		p->weights[i] = random_normal(seed, 0.05f);
	p->data = aligned(matrix_bytes(type, outputs, inputs));
	pack(&p->m, p->data, p->weights);
	for (size_t o = 0; o < outputs; o++)
		matrix_row(&p->m, o, p->weights + o * inputs);
	p->memory = aligned(activations_bytes(rows, inputs));
	activations_init(&p->x, p->memory, rows, inputs);
	p->values = aligned(rows * inputs * sizeof(float));
	for (size_t i = 0; i < rows * inputs; i++)
		p->values[i] = random_normal(seed, i % 97 ? 1 : 20);
	memcpy(p->x.values, p->values, rows * inputs * sizeof(float));
	activations_round(&p->x, 0, 1);
}

static void problem_done(struct problem *p)
{
	free(p->weights);
	free(p->values);
	free(p->data);
	free(p->memory);
}
#define own_problem owns(problem_done) struct problem

static bool is_integer(enum weights type)
{
	return type == WEIGHTS_I8 || type == WEIGHTS_I4;
}

/* The activation as the product sees it. */
static double seen(const struct problem *p, const float *block, size_t i)
{
	float most = 0;

	if (!is_integer(p->m.type))
		return block[i];
	for (size_t k = 0; k < MATRIX_BLOCK; k++)
		most = fmaxf(most, fabsf(block[k]));
	return most > 0 ? (double)rintf(block[i] * (127 / most)) * most / 127 : 0;
}

/* Result and the sum of the terms' sizes, by which errors are measured. */
static double twin(const struct problem *p, size_t row, size_t output, double *size)
{
	const float *x = p->x.values + row * p->m.inputs, *w = p->weights + output * p->m.inputs;
	double sum = 0;

	*size = 0;
	for (size_t i = 0; i < p->m.inputs; i++) {
		double term = seen(p, x + i / MATRIX_BLOCK * MATRIX_BLOCK, i % MATRIX_BLOCK) * w[i];
		sum += term;
		*size += fabs(term);
	}
	return sum;
}

static void check_against_twin(enum weights type, size_t outputs, size_t inputs, size_t rows, uint64_t *seed)
{
	own_problem p;

	problem_init(&p, type, outputs, inputs, rows, seed);
	own_mem float *out = mem_alloc(rows * outputs * sizeof *out);
	matrix_multiply(&p.m, &p.x, out, outputs, EPILOGUE_STORE, NULL, 0, 1);
	for (size_t r = 0; r < rows; r++)
		for (size_t o = 0; o < outputs; o++) {
			double size, wanted = twin(&p, r, o, &size);
			if (fabs(out[r * outputs + o] - wanted) > 1e-5 * size)
				fail_msg("%s %s %zux%zu: row %zu output %zu is %g, not %g", isa_name(kernel_isa()),
					weights_name(type), outputs, inputs, r, o, out[r * outputs + o], wanted);
		}
}

static void products_are_right(void)
{
	static const size_t shapes[][3] = {
		{ 1, 32, 1 }, { 16, 64, 2 }, { 17, 96, 3 }, { 40, 256, 5 }, { 130, 160, 17 }, { 33, 896, 33 },
	};
	uint64_t seed = 7;

	for (enum weights type = 0; type < WEIGHTS_COUNT; type++)
		for (size_t i = 0; i < countof(shapes); i++)
			check_against_twin(type, shapes[i][0], shapes[i][1], shapes[i][2], &seed);
}

/* Rows 0..rows-1 at once, by `members` members one after another. */
static void multiply(const struct problem *p, float *out, size_t stride, enum epilogue epilogue, const float *bias,
	unsigned members)
{
	for (unsigned member = 0; member < members; member++)
		matrix_multiply(&p->m, &p->x, out, stride, epilogue, bias, member, members);
}

/* Row r alone. */
static void multiply_one(const struct problem *p, size_t r, float *out, enum epilogue epilogue, const float *bias)
{
	own_mem void *memory = aligned(activations_bytes(1, p->m.inputs));
	struct activations x;

	activations_init(&x, memory, 1, p->m.inputs);
	memcpy(x.values, p->values + r * p->m.inputs, p->m.inputs * sizeof(float));
	activations_round(&x, 0, 1);
	matrix_multiply(&p->m, &x, out, 0, epilogue, bias, 0, 1);
}

static void check_rows(struct problem *p, size_t rows, enum epilogue epilogue, unsigned members)
{
	size_t columns = p->m.outputs / (epilogue == EPILOGUE_SWIGLU ? 2 : 1), stride = columns + 3;
	own_mem float *out = mem_zeroed(rows * stride, sizeof *out), *one = mem_alloc(columns * sizeof *one);
	own_mem float *bias = mem_alloc(p->m.outputs * sizeof *bias);

	for (size_t i = 0; i < p->m.outputs; i++)
		bias[i] = (float)i / 7;
	for (size_t i = 0; i < rows * stride; i++)
		out[i] = (float)(i % stride);
	const float *added = epilogue == EPILOGUE_ADD ? bias : NULL;
	activations_init(&p->x, p->memory, rows, p->m.inputs);
	memcpy(p->x.values, p->values, rows * p->m.inputs * sizeof(float));
	for (unsigned member = 0; member < members; member++)
		activations_round(&p->x, member, members);
	multiply(p, out, stride, epilogue, added, members);
	for (size_t r = 0; r < rows; r++) {
		for (size_t i = 0; i < columns; i++)
			one[i] = (float)i;
		multiply_one(p, r, one, epilogue, added);
		if (memcmp(out + r * stride, one, columns * sizeof *one) != 0)
			fail_msg("%s %s: row %zu of %zu differs, epilogue %d, %u members", isa_name(kernel_isa()),
				weights_name(p->m.type), r, rows, epilogue, members);
		for (size_t i = columns; i < stride; i++)
			assert_true(out[r * stride + i] == (float)i);
	}
}

static void rows_keep_their_bits(void)
{
	static const size_t shapes[][2] = { { 64, 32 }, { 96, 96 }, { 160, 320 } };
	uint64_t seed = 11;

	for (enum weights type = 0; type < WEIGHTS_COUNT; type++)
		for (size_t i = 0; i < countof(shapes); i++) {
			own_problem p;
			problem_init(&p, type, shapes[i][0], shapes[i][1], 40, &seed);
			for (size_t rows = 1; rows <= 40; rows++)
				check_rows(&p, rows, rows % EPILOGUE_SWIGLU, 1 + (unsigned)rows % 5);
			check_rows(&p, 19, EPILOGUE_SWIGLU, 3);
			check_rows(&p, 1, EPILOGUE_SWIGLU, 40);
		}
}

static void odd_outputs_keep_their_bits(void)
{
	uint64_t seed = 12;

	for (enum weights type = 0; type < WEIGHTS_COUNT; type++)
		for (size_t outputs = 1; outputs < 50; outputs += 6) {
			own_problem p;
			problem_init(&p, type, outputs, 160, 20, &seed);
			for (size_t rows = 1; rows <= 20; rows += 3)
				check_rows(&p, rows, EPILOGUE_ADD, 2);
		}
}

static double silu(double x)
{
	return x / (1 + exp(-x));
}

static void swiglu_is_right(void)
{
	uint64_t seed = 13;
	own_problem p;
	float plain[2 * 64], out[2 * 32];

	problem_init(&p, WEIGHTS_F32, 64, 64, 2, &seed);
	for (int scale = 0; scale < 5; scale++) {
		multiply(&p, plain, 64, EPILOGUE_STORE, NULL, 1);
		multiply(&p, out, 32, EPILOGUE_SWIGLU, NULL, 1);
		for (size_t r = 0; r < 2; r++)
			for (size_t i = 0; i < 32; i++) {
				float gate = plain[r * 64 + i / 16 * 32 + i % 16],
					up = plain[r * 64 + i / 16 * 32 + 16 + i % 16];
				double wanted = silu(gate) * up;
				assert_true(fabs(out[r * 32 + i] - wanted) <= 1e-6 * fabs(wanted) + 1e-30);
			}
		for (size_t i = 0; i < 2 * 64; i++)
			p.x.values[i] *= 8;
	}
}

static const char add_some_user;

/* Adds 1 to even rows' sums, for outputs 32 and after. */
static void add_some(const void *user, size_t group, size_t first_row, size_t rows, float (*sums)[MATRIX_GROUP])
{
	assert_true(user == &add_some_user);
	for (size_t r = 0; r < rows; r++)
		for (size_t i = 0; i < MATRIX_GROUP && group >= 2 && (first_row + r) % 2 == 0; i++)
			sums[r][i] += 1;
}

static void additions_come_before_the_bias_and_the_epilogue(void)
{
	enum { OUTPUTS = 96, ROWS = 37 };
	const struct matrix_addition more = { add_some, &add_some_user };
	uint64_t seed = 14;
	float plain[ROWS * OUTPUTS], with[ROWS * OUTPUTS], bias[OUTPUTS];

	for (size_t i = 0; i < OUTPUTS; i++)
		bias[i] = (float)i / 7;
	for (enum weights type = 0; type < WEIGHTS_COUNT; type++) {
		own_problem p;
		problem_init(&p, type, OUTPUTS, 64, ROWS, &seed);
		multiply(&p, plain, OUTPUTS, EPILOGUE_STORE, NULL, 1);
		for (unsigned member = 0; member < 3; member++)
			matrix_multiply_adding(&p.m, &p.x, with, OUTPUTS, EPILOGUE_STORE, bias, &more, member, 3);
		for (size_t i = 0; i < ROWS * OUTPUTS; i++) {
			bool added = i / OUTPUTS % 2 == 0 && i % OUTPUTS >= 32;
			assert_true(with[i] == (added ? plain[i] + 1 : plain[i]) + bias[i % OUTPUTS]);
		}
		for (unsigned member = 0; member < 3; member++)
			matrix_multiply_adding(&p.m, &p.x, with, OUTPUTS / 2, EPILOGUE_SWIGLU, NULL, &more, member, 3);
		for (size_t i = 0; i < ROWS * OUTPUTS / 2; i++) {
			size_t row = i / (OUTPUTS / 2), at = i % (OUTPUTS / 2),
				gate = row * OUTPUTS + at / 16 * 32 + at % 16;
			float more_of_it = row % 2 == 0 && at >= 16 ? 1 : 0;
			double wanted = silu(plain[gate] + more_of_it) * (plain[gate + 16] + more_of_it);
			assert_true(fabs(with[i] - wanted) <= 1e-5 * fabs(wanted) + 1e-30);
		}
	}
}

static void extremes_do_not_overflow(void)
{
	enum { INPUTS = 64 };
	static const int8_t ends[2] = { -128, 127 };

	for (int type = WEIGHTS_I8; type <= WEIGHTS_I4; type++)
		for (int sign = -1; sign <= 1; sign += 2)
			for (int end = 0; end < 2; end++) {
				int8_t level[INPUTS], value = type == WEIGHTS_I8 ? ends[end] : ends[end] / 16;
				float scales[2] = { 1, 1 }, out[1];
				own_mem void *data = aligned(matrix_bytes(type, 1, INPUTS));
				own_mem void *memory = aligned(activations_bytes(1, INPUTS));
				struct matrix m = { type, 1, INPUTS, data };
				struct activations x;

				memset(level, value, sizeof level);
				matrix_pack_levels(type, data, (const int8_t *[]){ level }, (const float *[]){ scales },
					1, INPUTS);
				activations_init(&x, memory, 1, INPUTS);
				for (size_t i = 0; i < INPUTS; i++)
					x.values[i] = (float)sign * 127;
				activations_round(&x, 0, 1);
				matrix_multiply(&m, &x, out, 1, EPILOGUE_STORE, NULL, 0, 1);
				assert_true(
					fabsf(out[0] - (float)(sign * 127 * value * INPUTS)) <= 0.01f * fabsf(out[0]));
			}
}

static void rounding_is_shared_out_without_a_trace(void)
{
	uint64_t seed = 14;
	own_problem p;

	problem_init(&p, WEIGHTS_I8, 16, 224, 21, &seed);
	size_t bytes = activations_bytes(21, 224);
	own_mem void *before = mem_alloc(bytes);
	memcpy(before, p.memory, bytes);
	for (unsigned members = 2; members < 12; members++) {
		memset(p.x.rounded, 0x55, 21 * 7 * 40);
		for (unsigned member = 0; member < members; member++)
			activations_round(&p.x, member, members);
		assert_memory_equal(p.memory, before, (size_t)((char *)p.x.rounded - (char *)p.memory) + 21 * 7 * 40);
	}
}

static void wild_activations_harm_nobody_else(void)
{
	static const float wild[] = { INFINITY, -INFINITY, NAN, 3e38f, 1e-42f };
	uint64_t seed = 15;
	own_problem p;
	float out[2 * 16], wanted[2 * 16];

	problem_init(&p, WEIGHTS_I4, 16, 64, 2, &seed);
	multiply(&p, wanted, 16, EPILOGUE_STORE, NULL, 1);
	for (size_t i = 0; i < countof(wild); i++) {
		p.x.values[5] = wild[i];
		activations_round(&p.x, 0, 1);
		multiply(&p, out, 16, EPILOGUE_STORE, NULL, 1);
		assert_memory_equal(out + 16, wanted + 16, 16 * sizeof *out);
		if (!isfinite(wild[i]))
			assert_false(isfinite(out[0]));
	}
}

static void with_each_set(void (*property)(void))
{
	for (enum isa i = 0; i < ISA_COUNT; i++)
		if (kernel_isa_use(i))
			property();
}

TEST(products_are_near_those_in_double_precision) { with_each_set(products_are_right); }
TEST(a_row_has_the_same_bits_whatever_is_beside_it) { with_each_set(rows_keep_their_bits); }
TEST(outputs_need_not_fill_a_group) { with_each_set(odd_outputs_keep_their_bits); }
TEST(swiglu_joins_groups_of_gate_and_up) { with_each_set(swiglu_is_right); }
TEST(what_is_added_comes_before_the_bias_and_the_activation)
{
	with_each_set(additions_come_before_the_bias_and_the_epilogue);
}
TEST(the_largest_levels_do_not_overflow) { with_each_set(extremes_do_not_overflow); }
TEST(members_round_what_one_alone_would) { with_each_set(rounding_is_shared_out_without_a_trace); }
TEST(infinities_and_nan_stay_in_their_row) { with_each_set(wild_activations_harm_nobody_else); }

/* Not promised, but what matrix_inside.h defines leaves them no choice. */
TEST(all_sets_with_fused_operations_agree)
{
	uint64_t seed = 21;

	for (enum weights type = 0; type < WEIGHTS_COUNT; type++) {
		own_problem p;
		float out[ISA_COUNT][5 * 48];
		enum isa first = ISA_COUNT;
		problem_init(&p, type, 48, 352, 5, &seed);
		for (enum isa i = ISA_PORTABLE + 1; i < ISA_COUNT; i++) {
			if (!kernel_isa_use(i))
				continue;
			first = first == ISA_COUNT ? i : first;
			activations_round(&p.x, 0, 1);
			multiply(&p, out[i], 48, EPILOGUE_STORE, NULL, 1);
			assert_memory_equal(out[i], out[first], sizeof out[i]);
		}
	}
}

TEST(all_sets_round_activations_alike)
{
	enum { ROWS = 5, INPUTS = 7 * 32, BYTES = ROWS * 7 * 40 };
	uint64_t seed = 22;
	own_problem p;
	uint8_t first[BYTES];

	problem_init(&p, WEIGHTS_I8, 16, INPUTS, ROWS, &seed);
	for (size_t i = 0; i < INPUTS; i++)
		p.x.values[i] = i / 32 == 2 ? 0 : i / 32 == 3 ? 1e-40f : (float)(int)(i % 64) - 32 + (i % 2 ? 0.5f : 0);
	assert_true(kernel_isa_use(ISA_PORTABLE));
	activations_round(&p.x, 0, 1);
	memcpy(first, p.x.rounded, BYTES);
	for (enum isa i = ISA_PORTABLE + 1; i < ISA_COUNT; i++) {
		if (!kernel_isa_use(i))
			continue;
		memset(p.x.rounded, 0x55, BYTES);
		activations_round(&p.x, 0, 1);
		assert_memory_equal(p.x.rounded, first, BYTES);
	}
}

TEST(floats_are_packed_as_they_are)
{
	uint64_t seed = 3;
	float weights[20 * 64], row[64];
	own_mem void *data = aligned(matrix_bytes(WEIGHTS_F32, 20, 64));
	struct matrix m = { WEIGHTS_F32, 20, 64, NULL };

	for (size_t i = 0; i < countof(weights); i++)
		weights[i] = random_normal(&seed, 1);
	pack(&m, data, weights);
	for (size_t o = 0; o < 20; o++) {
		matrix_row(&m, o, row);
		assert_memory_equal(row, weights + o * 64, sizeof row);
	}
}

/* Within a block, how far a packed value may be from the value: half a step, and what rounding the scale adds. */
static void check_distance(enum weights type, int most, double scale_error)
{
	uint64_t seed = 5;
	float weights[3 * 16 * 96], row[96];
	own_mem void *data = aligned(matrix_bytes(type, 3 * 16, 96));
	struct matrix m = { type, 3 * 16, 96, NULL };

	for (size_t i = 0; i < countof(weights); i++)
		weights[i] = random_normal(&seed, i / 32 % 3 ? 1 : 0.1f);
	pack(&m, data, weights);
	for (size_t o = 0; o < 3 * 16; o++) {
		const float *wanted = weights + o * 96;
		matrix_row(&m, o, row);
		double largest = 0;
		for (size_t i = 0; i < 96; i++)
			largest = fmax(largest, fabsf(wanted[i]));
		for (size_t i = 0; i < 96; i++) {
			double block = 0;
			for (size_t k = i / 32 * 32; k < i / 32 * 32 + 32; k++)
				block = fmax(block, fabsf(wanted[k]));
			/* A value of the other sign at the far end of I4 is cut to 7 of 8. */
			double step = block / most, cut = type == WEIGHTS_I4 ? 1 : 0.5;
			assert_true(
				fabs(row[i] - wanted[i]) <= cut * step + most * scale_error * largest / most + 1e-6);
		}
	}
}

TEST(integers_are_near_what_was_packed)
{
	check_distance(WEIGHTS_I8, 127, 0.5 / 32767);
	check_distance(WEIGHTS_I4, 8, 0.5 / 127);
}

TEST(the_value_furthest_from_zero_is_met)
{
	float weights[32] = { 0.25f, -0.5f, 0.1f }, row[32];
	const float *rows[] = { weights };
	own_mem void *data = aligned(matrix_bytes(WEIGHTS_I4, 1, 32));
	struct matrix m = { WEIGHTS_I4, 1, 32, data };

	for (int sign = -1; sign <= 1; sign += 2) {
		weights[1] = (float)sign * 0.5f;
		matrix_pack_floats(WEIGHTS_I4, data, rows, 1, 32);
		matrix_row(&m, 0, row);
		assert_true(fabsf(row[1] - weights[1]) < 1e-7f);
		assert_true(row[3] == 0);
	}
}

TEST(levels_are_kept_and_scales_nearly)
{
	uint64_t seed = 6;

	for (int type = WEIGHTS_I8; type <= WEIGHTS_I4; type++) {
		int count = type == WEIGHTS_I8 ? 256 : 16;
		int8_t levels[5][96];
		float scales[5][3], row[96];
		const int8_t *level_rows[5];
		const float *scale_rows[5];
		own_mem void *data = aligned(matrix_bytes(type, 5, 96));
		struct matrix m = { type, 5, 96, data };

		for (size_t o = 0; o < 5; o++) {
			for (size_t i = 0; i < 96; i++)
				levels[o][i] = (int8_t)((int)random_below(&seed, (size_t)count) - count / 2);
			for (size_t b = 0; b < 3; b++)
				scales[o][b] = o == 4 ? 0 : random_normal(&seed, 0.01f);
			level_rows[o] = levels[o];
			scale_rows[o] = scales[o];
		}
		matrix_pack_levels(type, data, level_rows, scale_rows, 5, 96);
		for (size_t o = 0; o < 5; o++) {
			double largest = fmax(fabsf(scales[o][0]), fmax(fabsf(scales[o][1]), fabsf(scales[o][2])));
			matrix_row(&m, o, row);
			for (size_t i = 0; i < 96; i++)
				assert_true(fabs(row[i] - (double)scales[o][i / 32] * levels[o][i]) <=
					largest * abs(levels[o][i]) * (type == WEIGHTS_I8 ? 0.51 / 32767 : 0.51 / 127));
		}
	}
}

TEST(a_matrix_of_zeros_gives_zeros)
{
	static const float zeros[64];
	const float *rows[] = { zeros };
	float row[64];

	for (enum weights type = 0; type < WEIGHTS_COUNT; type++) {
		own_mem void *data = aligned(matrix_bytes(type, 1, 64));
		struct matrix m = { type, 1, 64, data };
		matrix_pack_floats(type, data, rows, 1, 64);
		matrix_row(&m, 0, row);
		for (size_t i = 0; i < 64; i++)
			assert_true(row[i] == 0);
	}
}

TEST(sizes_are_what_is_stated)
{
	assert_int_equal(matrix_bytes(WEIGHTS_F32, 16, 32), 16 * 32 * 4);
	assert_int_equal(matrix_bytes(WEIGHTS_F16, 17, 32), 2 * 16 * 32 * 2);
	assert_int_equal(matrix_bytes(WEIGHTS_I4, 16, 1024), 64 + 16 * 1024 * 17 / 32);
	assert_int_equal(matrix_bytes(WEIGHTS_I8, 16, 1024), 64 + 16 * 1024 * 17 / 16);
	for (enum weights type = 0; type < WEIGHTS_COUNT; type++)
		for (size_t inputs = 32; inputs < 4096; inputs += 32)
			assert_int_equal(matrix_group_bytes(type, inputs) % MATRIX_ALIGN, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(products_are_near_those_in_double_precision),
		cmocka_unit_test(a_row_has_the_same_bits_whatever_is_beside_it),
		cmocka_unit_test(outputs_need_not_fill_a_group),
		cmocka_unit_test(swiglu_joins_groups_of_gate_and_up),
		cmocka_unit_test(what_is_added_comes_before_the_bias_and_the_activation),
		cmocka_unit_test(the_largest_levels_do_not_overflow),
		cmocka_unit_test(members_round_what_one_alone_would),
		cmocka_unit_test(infinities_and_nan_stay_in_their_row),
		cmocka_unit_test(all_sets_with_fused_operations_agree),
		cmocka_unit_test(all_sets_round_activations_alike),
		cmocka_unit_test(floats_are_packed_as_they_are),
		cmocka_unit_test(integers_are_near_what_was_packed),
		cmocka_unit_test(the_value_furthest_from_zero_is_met),
		cmocka_unit_test(levels_are_kept_and_scales_nearly),
		cmocka_unit_test(a_matrix_of_zeros_gives_zeros),
		cmocka_unit_test(sizes_are_what_is_stated),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
