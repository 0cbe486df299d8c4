#include "text/bpe.h"

#include "base/mem.h"
#include "support/random.h"
#include "support/test.h"
#include "support/tiny_tokenizer.h"
#include "text/vocab_build.h"

/* A vocabulary made of the tiny tokenizer's merges, or of random ones that give long chains. */
struct fixture {
	void *block;
	struct vocab vocab;
};

static void load(struct fixture *f, const char *json)
{
	struct error err = {0};

	f->block = vocab_build(str_of(json), &err);
	if (!f->block)
		fail_msg("%s", err.text);
	assert_ok(vocab_view(&f->vocab, f->block, ((struct vocab_head *)f->block)->size, &err));
}

/* The definition: while any neighbours merge, the pair of the lowest rank does, the leftmost first. */
static void slow(const struct vocab *v, struct str word, struct tokens *out)
{
	struct error err = {0};
	size_t n = word.n;
	own_mem int32_t *ids = mem_zeroed(n, sizeof *ids);

	for (size_t i = 0; i < n; i++)
		ids[i] = v->head->byte_ids[(unsigned char)word.p[i]];
	for (;;) {
		uint32_t best = NO_RANK;
		size_t at = 0;
		for (size_t i = 0; i + 1 < n; i++) {
			uint32_t rank = vocab_rank(v, (uint32_t)ids[i], (uint32_t)ids[i + 1]);
			if (rank < best) {
				best = rank;
				at = i;
			}
		}
		if (best == NO_RANK)
			break;
		ids[at] = (int32_t)v->merged[best];
		memmove(ids + at + 1, ids + at + 2, (n - at - 2) * sizeof *ids);
		n--;
	}
	assert_ok(tokens_add(out, ids, n, &err));
}

static void expect_like_slow(const struct vocab *v, struct bpe *bpe, struct str word)
{
	struct error err = {0};
	own_tokens fast = TOKENS_INIT(10000), expected = TOKENS_INIT(10000);

	assert_ok(bpe_encode(bpe, v, word, &fast, &err));
	slow(v, word, &expected);
	assert_int_equal(fast.count, expected.count);
	assert_memory_equal(fast.ids, expected.ids, fast.count * sizeof *fast.ids);
}

/* Words over the letters that merge, shorter and longer than the border between the two methods. */
TEST(any_word_is_merged_as_by_the_definition)
{
	static const char letters[] = "hhellloo wrlda\xC3\xA9";
	own_mem char *json = tiny_tokenizer(&(struct tiny_tokenizer){0});
	struct fixture f;
	struct bpe bpe = {0};
	uint64_t seed = 3;
	char word[200];

	load(&f, json);
	for (int i = 0; i < 20000; i++) {
		size_t n = 1 + random_below(&seed, i % 4 ? 20 : sizeof word);
		for (size_t k = 0; k < n; k++)
			word[k] = letters[random_below(&seed, sizeof letters - 1)];
		expect_like_slow(&f.vocab, &bpe, (struct str){ word, n });
	}
	bpe_done(&bpe);
	free(f.block);
}

TEST(the_ceiling_on_tokens_holds)
{
	own_mem char *json = tiny_tokenizer(&(struct tiny_tokenizer){0});
	own_tokens out = TOKENS_INIT(3);
	struct error err = {0};
	struct fixture f;
	struct bpe bpe = {0};

	load(&f, json);
	assert_ok(bpe_encode(&bpe, &f.vocab, str_of("xyz"), &out, &err));
	assert_false(bpe_encode(&bpe, &f.vocab, str_of("x"), &out, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
	assert_int_equal(out.count, 3);
	bpe_done(&bpe);
	free(f.block);
}

TEST(a_megabyte_without_a_space_is_merged_in_time)
{
	own_mem char *json = tiny_tokenizer(&(struct tiny_tokenizer){0});
	own_tokens out = TOKENS_INIT(1 << 20);
	own_mem char *word = mem_alloc(1 << 20);
	struct error err = {0};
	struct fixture f;
	struct bpe bpe = {0};

	load(&f, json);
	memset(word, 'a', 1 << 20);
	assert_ok(bpe_encode(&bpe, &f.vocab, (struct str){ word, 1 << 20 }, &out, &err));
	assert_int_equal(out.count, 1 << 19);   /* "aa" goes before "aaa" and leaves no single "a" */
	assert_int_equal(bpe.cap, 0);           /* and such room is not kept */
	bpe_done(&bpe);
	free(f.block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_word_is_merged_as_by_the_definition),
		cmocka_unit_test(the_ceiling_on_tokens_holds),
		cmocka_unit_test(a_megabyte_without_a_space_is_merged_in_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
