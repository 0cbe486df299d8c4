/*
 * Timelines with adapters: nobody gets what was computed with another's, and in
 * common runs each has the bits it has alone.
 */
#include "model/timeline.h"

#include <dirent.h>
#include <unistd.h>

#include "base/path.h"

#define FOLDER "adapters_test.tmp"
#include "model/prepared_engine.h"

/* Changes keys, values and what is made of them, in every layer. */
static struct adapter *make_adapter(const struct decoder_shape *s)
{
	struct adapter *a = adapter_create(s);
	struct error err = {0};

	for (size_t layer = 0; layer < s->layers; layer++)
		for (unsigned k = 0; k < ADAPTER_PROJECTIONS; k++) {
			struct adapter_factors f = {
				.rank = 3, .inputs = adapter_inputs(s, k), .outputs = adapter_outputs(s, k), .scale = 1,
			};
			own_mem float *numbers = mem_zeroed(3 * (f.inputs + f.outputs), sizeof *numbers);
			for (size_t i = 0; i < 3 * (f.inputs + f.outputs); i++)
				numbers[i] = (float)(rand() % 2001 - 1000) / 5000;
			f.a = numbers;
			f.b = numbers + 3 * f.inputs;
			assert_ok(adapter_set(a, layer, k, &f, &err));
		}
	return a;
}

static struct timeline *open_with(struct engine *e, struct adapter *a)
{
	struct error err = {0};
	struct timeline *t = timeline_create(e, &err);

	assert_ok(timeline_set_adapter(t, a, &err));
	return t;
}

TEST(what_was_computed_with_an_adapter_is_never_anothers)
{
	enum { COUNT = 100 };
	struct error err = {0};
	int32_t tokens[COUNT];
	static float bits[3][VOCAB];

	srand(8);
	random_tokens(tokens, COUNT);
	own_engine *e = open_engine(100, 2);
	own_adapter *one = make_adapter(engine_shape(e)), *two = make_adapter(engine_shape(e));
	struct adapter *const adapters[] = { NULL, one, two };
	for (int i = 0; i < 3; i++)
		known_bits_with(adapters[i], tokens, COUNT, bits[i]);
	assert_memory_not_equal(bits[0], bits[1], sizeof bits[0]);
	assert_memory_not_equal(bits[1], bits[2], sizeof bits[0]);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 3; i++) {
			own_timeline *t = open_with(e, adapters[i]);
			assert_ok(timeline_begin(t, tokens, COUNT, &err));
			if (round == 0)
				assert_int_equal(timeline_length(t), 0);
			else
				assert_in_range(timeline_length(t), 96, COUNT - 1);
			finish(t, 64);
			expect_bits(t, bits[i]);
		}
}

TEST(timelines_of_several_adapters_and_none_advance_in_one_run)
{
	enum { MANY = 4, LENGTH = 70 };
	struct error err = {0};
	static int32_t tokens[LENGTH];
	static float bits[MANY][VOCAB];
	struct timeline *t[MANY];
	struct advance list[MANY];

	srand(9);
	random_tokens(tokens, LENGTH);
	own_engine *e = open_engine(100, 2);
	own_adapter *one = make_adapter(engine_shape(e)), *two = make_adapter(engine_shape(e));
	struct adapter *const adapters[MANY] = { one, NULL, two, one };
	for (int i = 0; i < MANY; i++) {
		known_bits_with(adapters[i], tokens, LENGTH, bits[i]);
		t[i] = open_with(e, adapters[i]);
		assert_ok(timeline_begin(t[i], tokens, LENGTH, &err));
	}
	while (timeline_pending(t[0])) {
		for (int i = 0; i < MANY; i++)
			list[i] = (struct advance){ .timeline = t[i], .tokens = 13, .logits = 1 };
		timelines_advance(list, MANY);
	}
	for (int i = 0; i < MANY; i++) {
		expect_bits(t[i], bits[i]);
		timeline_destroy(t[i]);
	}
}

TEST(a_timeline_with_another_adapter_computes_its_sequence_again)
{
	struct error err = {0};
	int32_t tokens[80];
	static float bits[2][VOCAB];

	srand(10);
	random_tokens(tokens, 80);
	own_engine *e = open_engine(100, 1);
	struct adapter *a = make_adapter(engine_shape(e));
	known_bits(tokens, 80, bits[0]);
	known_bits_with(a, tokens, 80, bits[1]);
	own_timeline *t = open_with(e, NULL);
	assert_ok(timeline_begin(t, tokens, 80, &err));
	finish(t, 64);
	assert_ok(timeline_set_adapter(t, a, &err));
	assert_int_equal(timeline_pending(t), 80);
	assert_null(timeline_logits(t));
	finish(t, 64);
	expect_bits(t, bits[1]);
	assert_ok(timeline_set_adapter(t, a, &err));    /* the same one */
	expect_bits(t, bits[1]);
	adapter_release(a);                             /* the timeline and its forks have it still */
	own_timeline *fork = timeline_fork(t, 70, &err);
	assert_ok(timeline_begin(fork, tokens, 80, &err));
	assert_in_range(timeline_length(fork), 70, 79);
	timeline_yield(fork);
	finish(fork, 5);
	expect_bits(fork, bits[1]);
	assert_ok(timeline_set_adapter(t, NULL, &err));
	finish(t, 64);
	expect_bits(t, bits[0]);
}

TEST(adapters_of_other_shapes_are_refused)
{
	struct error err = {0};
	own_engine *e = open_engine(10, 1);
	struct decoder_shape other = *engine_shape(e);

	other.layers++;
	own_adapter *a = adapter_create(&other);
	own_timeline *t = timeline_create(e, &err);
	assert_false(timeline_set_adapter(t, a, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	const struct engine_options options = { .threads = 1 };
	own_engine *original = engine_open(FOLDER, &options, &err);
	assert_null(engine_shape(original));
	own_timeline *published = timeline_create(original, &err);
	assert_ok(timeline_set_adapter(published, NULL, &err));
	assert_false(timeline_set_adapter(published, a, &err));
	assert_non_null(strstr(err.text, "prepared"));
}

/* How many there were. */
static int remove_files(const char *folder)
{
	DIR *d = opendir(folder);
	int count = 0;

	for (struct dirent *entry; d && (entry = readdir(d));) {
		own_mem char *path = path_join(folder, entry->d_name);
		count += entry->d_name[0] != '.' && unlink(path) == 0;
	}
	if (d)
		closedir(d);
	return count;
}

/* The number of an adapter's world means another adapter the next time. */
TEST(nothing_of_an_adapter_is_kept_on_disk)
{
	struct error err = {0};
	int32_t tokens[300];
	struct engine *e;

	beginnings = FOLDER "/beginnings";
	srand(11);
	random_tokens(tokens, 300);
	(void)remove_files(beginnings);
	for (int i = 0; i < 2; i++) {
		e = open_engine(100, 1);
		own_adapter *a = i ? NULL : make_adapter(engine_shape(e));
		struct timeline *t = open_with(e, a);
		assert_ok(timeline_begin(t, tokens, 300, &err));
		timeline_keep(t, 200);
		finish(t, 50);
		timeline_destroy(t);
		engine_release(e);
		assert_int_equal(remove_files(beginnings), i);
	}
	beginnings = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_computed_with_an_adapter_is_never_anothers),
		cmocka_unit_test(timelines_of_several_adapters_and_none_advance_in_one_run),
		cmocka_unit_test(a_timeline_with_another_adapter_computes_its_sequence_again),
		cmocka_unit_test(adapters_of_other_shapes_are_refused),
		cmocka_unit_test(nothing_of_an_adapter_is_kept_on_disk),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
