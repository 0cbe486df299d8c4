/*
 * bench_grammar TOKENIZER_DIR
 *
 * What it costs to say which tokens may come next, over a real vocabulary: for
 * each schema an answer as models write it is followed token by token, and the
 * time for the mask and for taking the token is noted.  First time: nothing is
 * known of the grammar; later: its masks were used before, as for the second
 * answer under one schema.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "grammar/grammar.h"
#include "grammar/matcher.h"
#include "report.h"

#define ROUNDS 21
#define TOKENS_MAX_COUNT 4096

static const struct subject {
	const char *name, *schema, *text;
} subjects[] = {
	{ "a tool's arguments",
		"{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\",\"description\":\"file to edit\"},"
		"\"old_text\":{\"type\":\"string\"},\"new_text\":{\"type\":\"string\"},\"count\":{\"type\":\"integer\","
		"\"minimum\":1,\"maximum\":1000},\"mode\":{\"enum\":[\"all\",\"first\",\"ask\"]}},"
		"\"required\":[\"path\",\"old_text\",\"new_text\"],\"additionalProperties\":false}",
		"{\"path\": \"src/grammar/matcher.c\", \"old_text\": \"static bool is_end(const struct matcher *m, "
		"int32_t token)\\n{\\n\\tfor (size_t i = 0; i < m->end_count; i++)\\n\\t\\tif (m->ends[i] == "
		"token)\\n\\t\\t\\treturn true;\\n\\treturn false;\\n}\", \"new_text\": \"/* Whether the token ends "
		"the text. */\\nstatic bool is_end(const struct matcher *m, int32_t token)\\n{\\n\\treturn "
		"list_has(m->ends, m->end_count, token);\\n}\", \"count\": 12, \"mode\": \"first\"}" },
	{ "a nested schema",
		"{\"type\":\"object\",\"properties\":{\"title\":{\"type\":\"string\",\"maxLength\":80},"
		"\"due\":{\"type\":\"string\",\"format\":\"date\"},\"steps\":{\"type\":\"array\",\"minItems\":1,"
		"\"items\":{\"$ref\":\"#/$defs/step\"}},\"owner\":{\"anyOf\":[{\"type\":\"null\"},{\"type\":\"object\","
		"\"properties\":{\"name\":{\"type\":\"string\"},\"mail\":{\"type\":\"string\","
		"\"pattern\":\"^[^@]+@[^@]+$\"}},\"required\":[\"name\",\"mail\"]}]}},\"required\":[\"title\",\"due\","
		"\"steps\",\"owner\"],\"$defs\":{\"step\":{\"type\":\"object\","
		"\"properties\":{\"kind\":{\"enum\":[\"read\",\"write\",\"run\"]},\"what\":{\"type\":\"string\"},"
		"\"hours\":{\"type\":\"number\",\"minimum\":0},\"after\":{\"type\":\"array\","
		"\"items\":{\"$ref\":\"#/$defs/step\"}}},\"required\":[\"kind\",\"what\"]}}}",
		"{\n  \"title\": \"Move the parser into its own module\",\n  \"due\": \"2026-11-30\",\n  \"steps\": "
		"[\n    {\n      \"kind\": \"read\",\n"
		"      \"what\": \"Find every caller of parse_line()\",\n      \"hours\": 1.5,\n      \"after\": [\n   "
		"     {\n          \"kind\": \"run\",\n          \"what\": \"make test, to know where we stand\"\n     "
		"   }\n      ]\n    },\n    {\n      \"kind\": \"write\",\n"
		"      \"what\": \"Move it, with its tests\"\n    }\n  ],\n  \"owner\": {\n    \"name\": \"Ada\",\n    "
		"\"mail\": \"ada@example.org\"\n  }\n}" },
	{ "any JSON object", NULL,
		"{\"name\": \"shammah\", \"version\": \"0.1.0\", \"languages\": [\"C\", \"Python\"], \"files\": "
		"{\"src\": 214, \"tests\": 96}, \"licence\": \"Apache-2.0\", \"stable\": false, \"homepage\": null, "
		"\"summary\": \"A local-first coding assistant: one program, two parts, no server anywhere else. It "
		"answers from the machine it runs on.\"}" },
};

static void must(bool ok, const struct error *err)
{
	if (ok)
		return;
	fprintf(stderr, "bench_grammar: %s\n", err->text);
	exit(1);
}

static struct grammar *compile(const struct subject *s)
{
	struct error err = {0};
	own_json *schema = s->schema ? json_parse(str_of(s->schema), "schema", &err) : NULL;

	must(!s->schema || schema, &err);
	struct grammar *g = grammar_of_schema(schema, &err);
	must(g != NULL, &err);
	return g;
}

static int by_size(const void *a, const void *b)
{
	uint64_t l = *(const uint64_t *)a, r = *(const uint64_t *)b;

	return (l > r) - (l < r);
}

static double share(uint64_t *times, size_t count, double part)
{
	qsort(times, count, sizeof *times, by_size);
	return (double)times[(size_t)((double)(count - 1) * part)] / 1e3;
}

/* One answer; adds the nanoseconds of each mask and of each step. */
static size_t follow(struct masks *masks, const struct tokens *tokens, int32_t end, uint64_t *mask_ns,
	uint64_t *step_ns)
{
	own_matcher *m = matcher_create(masks, &end, 1, masks->vocabulary->size);
	struct error err = {0};

	for (size_t i = 0; i < tokens->count; i++) {
		uint64_t start = clock_ns();
		const uint32_t *bits = matcher_allowed(m);
		uint64_t masked = clock_ns();
		bool ok = (bits[tokens->ids[i] / 32] >> tokens->ids[i] % 32 & 1) && matcher_accept(m, tokens->ids[i]);
		mask_ns[i] = masked - start;
		step_ns[i] = clock_ns() - masked;
		must(ok || error_set(&err, ERROR_INTERNAL, "token %zu of an answer is refused", i), &err);
	}
	must(matcher_is_complete(m) || error_set(&err, ERROR_INTERNAL, "an answer is not complete"), &err);
	return tokens->count;
}

static void measure(struct vocabulary_trie *v, const struct subject *s)
{
	static uint64_t first[TOKENS_MAX_COUNT * ROUNDS], later[TOKENS_MAX_COUNT * ROUNDS],
		steps[TOKENS_MAX_COUNT * ROUNDS], made[ROUNDS];
	own_tokens tokens = TOKENS_INIT(TOKENS_MAX_COUNT);
	int32_t end = tokenizer_find(v->tokenizer, (struct str)STR("<|im_end|>"));
	struct error err = {0};
	size_t count = 0;
	char what[96];

	must(tokenizer_encode(v->tokenizer, str_of(s->text), TOKENS_PLAIN, &tokens, &err), &err);
	for (size_t round = 0; round < ROUNDS; round++) {
		uint64_t start = clock_ns();
		own_grammar *g = compile(s);
		struct masks masks;
		made[round] = clock_ns() - start;
		masks_init(&masks, v, grammar_machine(g));
		follow(&masks, &tokens, end, first + count, steps + count);
		count += follow(&masks, &tokens, end, later + count, steps + count);
		masks_done(&masks);
	}
	snprintf(what, sizeof what, "mask of a token, %s", s->name);
	double half = share(later, count, 0.5), most = share(later, count, 0.99);
	report(what, "50 us", "median %.2f us, 99 %% %.1f us", half, most);
	report("  the first answer under it", "50 us", "median %.2f us, 99 %% %.0f us", share(first, count, 0.5),
		share(first, count, 0.99));
	report("  taking a token; compiling the schema", "", "median %.2f us; %.2f ms", share(steps, count, 0.5),
		share(made, ROUNDS, 0.5) / 1e3);
}

int main(int argc, char **argv)
{
	struct error err = {0};
	uint64_t made[5];

	if (argc != 2) {
		fprintf(stderr, "usage: bench_grammar TOKENIZER_DIR\n");
		return 2;
	}
	own_tokenizer *t = tokenizer_open(argv[1], NULL, &err);
	must(t != NULL, &err);
	struct vocabulary_trie *v = NULL;
	for (size_t i = 0; i < countof(made); i++) {
		uint64_t start = clock_ns();
		vocabulary_trie_destroy(v);
		v = vocabulary_trie_create(t);
		made[i] = clock_ns() - start;
	}
	report("the vocabulary as a tree, once a model", "100 ms", "%.0f ms, %zu tokens, %u nodes",
		share(made, countof(made), 0.5) / 1e3, v->size, v->trie.nodes);
	for (size_t i = 0; i < countof(subjects); i++)
		measure(v, &subjects[i]);
	vocabulary_trie_destroy(v);
	return 0;
}
