/*
 * Random schemas, followed at random: what the masks let through is valid, what
 * is valid is let through, and masks are what the machine itself says.
 */
#include "support/held.h"
#include "support/piece_tokenizer.h"
#include "support/random.h"
#include "support/schema_check.h"
#include "support/schema_random.h"

enum { PATIENCE = 60, TOKENS_MAX = 6000, TEXT_MAX = 1 << 20 };

static struct grammar *compile(const json_t *schema)
{
	struct error err = {0};
	struct grammar *g = grammar_of_schema(schema, &err);

	if (!g) {
		char *text = json_dumps(schema, JSON_COMPACT);
		fprintf(stderr, "# %s\n", text);
		free(text);
		fail_msg("%s", err.text);
	}
	return g;
}

static void explain(const json_t *schema, struct str text, const char *what)
{
	char *dump = json_dumps(schema, JSON_COMPACT);

	fprintf(stderr, "# schema: %s\n# text: %.*s\n", dump, STR_ARGS(text));
	free(dump);
	fail_msg("%s", what);
}

/* One of SentencePiece's kind, where many bytes have two tokens. */
static struct tokenizer *held_pieces(void)
{
	uint64_t seed = 2;
	struct error err = {0};
	own_json *file = piece_tokenizer(&seed, PIECES_GEMMA);
	const json_t *vocab = json_object_get(json_object_get(file, "model"), "vocab");

	json_array_append_new(json_object_get(file, "added_tokens"), json_pack("{sIsssb}",
		"id", (json_int_t)json_object_size(vocab) + 100, "content", "<|im_end|>", "special", 1));
	char *text = json_dumps(file, 0);
	struct tokenizer *t = tokenizer_parse(str_of(text), &err);
	free(text);
	if (!t)
		fail_msg("%s", err.text);
	return t;
}

/* ---- Whatever the masks let through is valid ---- */

/* One of the tokens that bring the text to its end. */
static int32_t closing_token(const struct held *h, const uint32_t *bits, uint64_t *seed)
{
	static const char closers[] = "\"}],:0123456789-aenrstuyo.TZ{[";

	if (held_allows(bits, h->end))
		return h->end;
	for (size_t i = 0; i < sizeof closers - 1; i++) {
		int32_t token = tokenizer_find(h->vocabulary->tokenizer, (struct str){ closers + i, 1 });
		if (token >= 0 && held_allows(bits, token) && random_below(seed, 8))
			return token;
	}
	return -1;
}

static int32_t any_token(const struct held *h, const uint32_t *bits, uint64_t *seed)
{
	size_t size = h->vocabulary->size, start = random_below(seed, (uint32_t)size);

	for (size_t i = 0; i < size; i++)
		if (held_allows(bits, (int32_t)((start + i) % size)))
			return (int32_t)((start + i) % size);
	return -1;
}

/* False when the text grew too long, which random schemas may do. */
static bool walk(struct held *h, const json_t *schema, uint64_t *seed, struct buf *text)
{
	struct error err = {0};

	for (int step = 0; step < TOKENS_MAX; step++) {
		const uint32_t *bits = matcher_allowed(h->matcher);
		int32_t token = step > PATIENCE ? closing_token(h, bits, seed) : -1;
		if (token < 0)
			token = any_token(h, bits, seed);
		if (token < 0)
			explain(schema, buf_str(text), "no token is allowed");
		if (!matcher_accept(h->matcher, token))
			explain(schema, buf_str(text), "an allowed token is not accepted");
		if (token == h->end)
			return true;
		assert_ok(buf_add_str(text, tokenizer_bytes(h->vocabulary->tokenizer, token), &err));
	}
	return false;
}

static void check_text(const json_t *schema, struct str text)
{
	json_error_t at;
	json_t *value = json_loadb(text.p, text.n, JSON_DECODE_ANY, &at);

	if (!value)
		explain(schema, text, at.text);
	if (!schema_allows(schema, schema, value))
		explain(schema, text, "a value that the schema does not allow");
	json_decref(value);
}

static void walk_schemas(struct tokenizer *t, int count, uint64_t seed)
{
	struct vocabulary_trie *v = vocabulary_trie_create(t);
	int finished = 0;

	for (int i = 0; i < count; i++) {
		json_t *schema = random_schema(&seed);
		struct held h;
		own_buf text = BUF_INIT(TEXT_MAX);
		held_init(&h, v, compile(schema));
		if (walk(&h, schema, &seed, &text)) {
			check_text(schema, buf_str(&text));
			finished++;
		}
		held_done(&h);
		json_decref(schema);
	}
	assert_true(finished > count * 8 / 10);
	vocabulary_trie_destroy(v);
	tokenizer_destroy(t);
}

TEST(whatever_a_small_vocabulary_writes_under_masks_is_valid) { walk_schemas(held_tiny(), 1200, 4711); }

TEST(whatever_a_vocabulary_of_pieces_writes_under_masks_is_valid) { walk_schemas(held_pieces(), 400, 4712); }

TEST(whatever_a_real_vocabulary_writes_under_masks_is_valid) { walk_schemas(held_real(), 60, 815); }

/* ---- Whatever is valid is let through ---- */

static char *dump(uint64_t *seed, const json_t *value)
{
	static const size_t styles[] = { JSON_COMPACT, 0, JSON_INDENT(2), JSON_INDENT(4),
		JSON_COMPACT | JSON_ENSURE_ASCII };

	return json_dumps(value,
		styles[random_below(seed, countof(styles))] | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
}

/* As tokens, cut at random before they are encoded. */
static void encode_cut(const struct tokenizer *t, struct str text, uint64_t *seed, struct tokens *out)
{
	struct error err = {0};

	while (text.n) {
		size_t n = random_below(seed, 3) ? text.n : 1 + random_below(seed, (uint32_t)text.n);
		while (n < text.n && (text.p[n] & 0xC0) == 0x80)
			n++;
		assert_ok(tokenizer_encode(t, (struct str){ text.p, n }, TOKENS_PLAIN, out, &err));
		text = str_from(text, n);
	}
}

/* Normalising may change a text's length, and then it is another text. */
static bool is_changed(const struct tokenizer *t, const struct tokens *tokens, struct str text)
{
	struct error err = {0};
	own_buf again = BUF_INIT(TEXT_MAX);

	assert_ok(tokenizer_decode(t, tokens->ids, tokens->count, false, &again, &err));
	return !str_equal(buf_str(&again), text);
}

static void follow(struct held *h, const json_t *schema, struct str text, uint64_t *seed)
{
	own_tokens tokens = TOKENS_INIT(1 << 20);

	encode_cut(h->vocabulary->tokenizer, text, seed, &tokens);
	if (is_changed(h->vocabulary->tokenizer, &tokens, text))
		return;
	for (size_t i = 0; i < tokens.count; i++) {
		bool allowed = held_allows(matcher_allowed(h->matcher), tokens.ids[i]);
		bool accepted = matcher_accept(h->matcher, tokens.ids[i]);
		if (!allowed || !accepted)
			explain(schema, text, accepted ? "valid, but masked" :
				allowed ? "allowed, but not accepted" : "valid, but refused");
	}
	if (!matcher_is_complete(h->matcher) || !held_allows(matcher_allowed(h->matcher), h->end))
		explain(schema, text, "valid, but not complete");
}

/* Values of enums, and names, are written in one way only. */
static bool is_particular(const char *schema)
{
	return strstr(schema, "\"enum\"") || strstr(schema, "\xC3\xA9") || strstr(schema, "\xF0\x9F\x98\x80");
}

static void follow_values(struct tokenizer *t, int count, uint64_t seed)
{
	struct vocabulary_trie *v = vocabulary_trie_create(t);
	int found = 0;

	for (int i = 0; i < count; i++) {
		json_t *schema = random_schema(&seed), *value = random_value(&seed, schema, schema, 3);
		char *written = json_dumps(schema, 0), *text = value ? dump(&seed, value) : NULL;
		bool spelt_out = text && !is_particular(written);
		if (text && !spelt_out) {
			free(text);
			text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(6));
		}
		if (text) {
			struct held h;
			assert_true(schema_allows(schema, schema, value));
			held_init(&h, v, compile(schema));
			follow(&h, schema, str_of(text), &seed);
			held_done(&h);
			found++;
		}
		free(written);
		free(text);
		json_decref(value);
		json_decref(schema);
	}
	assert_true(found > count / 2);
	vocabulary_trie_destroy(v);
	tokenizer_destroy(t);
}

TEST(whatever_is_valid_can_be_written_with_a_small_vocabulary) { follow_values(held_tiny(), 1500, 99); }

TEST(whatever_is_valid_can_be_written_with_a_vocabulary_of_pieces) { follow_values(held_pieces(), 400, 98); }

TEST(whatever_is_valid_can_be_written_with_a_real_vocabulary) { follow_values(held_real(), 150, 12345); }

/* ---- Masks are what following the machine says, token by token ---- */

/* Where the machine is, followed byte by byte. */
struct twin {
	struct run run;
	struct set at;
};

/* The set behind a token; empty when it leads nowhere. */
static struct set twin_behind(struct twin *w, const struct held *h, int32_t token)
{
	const struct tokenizer *t = h->vocabulary->tokenizer;
	struct str bytes = tokenizer_bytes(t, token);
	struct set at = w->at;

	if (tokenizer_is_control(t, token))
		return run_token(&w->run, at, token);
	for (size_t i = 0; i < bytes.n; i++)
		at = run_byte(&w->run, at, (uint8_t)bytes.p[i]);
	return bytes.n ? at : (struct set){0};
}

static bool twin_allows(struct twin *w, const struct held *h, int32_t token)
{
	struct run_mark mark = run_mark(&w->run);
	struct set at = twin_behind(w, h, token);
	bool allows = at.to > at.from || (token == h->end && run_is_complete(&w->run, w->at));

	run_cut(&w->run, mark);
	return allows;
}

/* What is refused changes nothing, either. */
static void compare_all_tokens(struct held *h, struct twin *w)
{
	size_t size = (h->vocabulary->size + 31) / 32 * sizeof(uint32_t);
	uint32_t *bits = malloc(size);

	memcpy(bits, matcher_allowed(h->matcher), size);
	for (size_t id = 0; id < h->vocabulary->size; id++) {
		bool allowed = held_allows(bits, (int32_t)id);
		if (allowed != twin_allows(w, h, (int32_t)id))
			fail_msg("token %zu is %s", id, allowed ? "allowed, but leads nowhere" : "masked");
		if (!allowed && matcher_accept(h->matcher, (int32_t)id))
			fail_msg("token %zu is masked, but accepted", id);
	}
	assert_memory_equal(bits, matcher_allowed(h->matcher), size);
	free(bits);
}

static void compare_masks(struct tokenizer *t, int schemas, int steps, uint64_t seed)
{
	struct vocabulary_trie *v = vocabulary_trie_create(t);

	for (int i = 0; i < schemas; i++) {
		json_t *schema = random_schema(&seed);
		struct held h;
		struct twin w;
		held_init(&h, v, compile(schema));
		run_init(&w.run, grammar_machine(h.grammar));
		w.at = run_begin(&w.run);
		for (int step = 0; step < steps; step++) {
			compare_all_tokens(&h, &w);
			int32_t token = any_token(&h, matcher_allowed(h.matcher), &seed);
			assert_true(token >= 0 && matcher_accept(h.matcher, token));
			if (token == h.end)
				break;
			w.at = twin_behind(&w, &h, token);
		}
		run_done(&w.run);
		held_done(&h);
		json_decref(schema);
	}
	vocabulary_trie_destroy(v);
	tokenizer_destroy(t);
}

TEST(a_token_of_a_small_vocabulary_is_allowed_if_and_only_if_it_leads_on) { compare_masks(held_tiny(), 150, 30, 7); }

TEST(a_token_of_a_vocabulary_of_pieces_is_allowed_if_and_only_if_it_leads_on)
{
	compare_masks(held_pieces(), 60, 30, 8);
}

TEST(a_token_of_a_real_vocabulary_is_allowed_if_and_only_if_it_leads_on) { compare_masks(held_real(), 5, 5, 31); }

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_a_small_vocabulary_writes_under_masks_is_valid),
		cmocka_unit_test(whatever_a_vocabulary_of_pieces_writes_under_masks_is_valid),
		cmocka_unit_test(whatever_a_real_vocabulary_writes_under_masks_is_valid),
		cmocka_unit_test(whatever_is_valid_can_be_written_with_a_small_vocabulary),
		cmocka_unit_test(whatever_is_valid_can_be_written_with_a_vocabulary_of_pieces),
		cmocka_unit_test(whatever_is_valid_can_be_written_with_a_real_vocabulary),
		cmocka_unit_test(a_token_of_a_small_vocabulary_is_allowed_if_and_only_if_it_leads_on),
		cmocka_unit_test(a_token_of_a_vocabulary_of_pieces_is_allowed_if_and_only_if_it_leads_on),
		cmocka_unit_test(a_token_of_a_real_vocabulary_is_allowed_if_and_only_if_it_leads_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
