#include "provider/tool_names.h"

#include <ctype.h>

#include "base/mem.h"
#include "provider/provider.h"
#include "support/random.h"
#include "support/test.h"

#define CALLED 3       /* of the names are in the history alone */

static const struct tool_name_rule tight = { 64, "_-", false }, lettered = { 20, "_-.:", true };

/* A request with tools of these names; the last CALLED are only in calls of the history. */
static void fill(struct request *r, const struct str *names, size_t count)
{
	struct error err = {0};

	for (size_t i = 0; i < count; i++) {
		struct tool tool = { .name = names[i] };
		struct tool_call call = { .id = STR("1"), .name = names[i], .arguments = STR("{}") };
		struct message *m = chat_add(&r->chat, ROLE_ASSISTANT, (struct str){ 0 }, &err);
		assert_non_null(m);
		assert_ok(chat_add_call(&r->chat, m, &call, &err));
		if (i + CALLED < count || count <= CALLED)
			assert_ok(chat_add_tool(&r->chat, &tool, &err));
	}
}

static bool is_legal(const struct tool_name_rule *rule, struct str name)
{
	bool ok = name.n > 0 && name.n <= rule->most;

	for (size_t i = 0; ok && i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		ok = c < 128 && (isalnum(c) || (c && strchr(rule->signs, c)));
	}
	return ok && (!rule->letter_first || isalpha((unsigned char)*name.p) || *name.p == '_');
}

static struct str nth_name(const struct request *r, size_t i) { return r->chat.messages[i].calls[0].name; }

/* Legal, no two alike that were not, back to what they were, and untouched where they fit. */
static void check(const struct tool_name_rule *rule, const struct request *given, const struct tool_names *n)
{
	const struct request *wire = tool_names_request(n);

	for (size_t i = 0; i < given->chat.message_count; i++) {
		struct str was = nth_name(given, i), is = nth_name(wire, i);
		assert_true(is_legal(rule, is));
		assert_true(str_equal(tool_names_given(n, is), was));
		if (is_legal(rule, was))
			assert_true(str_equal(was, is));
		for (size_t k = 0; k < i; k++)
			assert_int_equal(str_equal(is, nth_name(wire, k)), str_equal(was, nth_name(given, k)));
	}
	for (size_t i = 0; i < given->chat.tool_count; i++) {
		assert_true(str_equal(tool_names_given(n, wire->chat.tools[i].name), given->chat.tools[i].name));
		assert_true(str_equal(nth_name(wire, i), wire->chat.tools[i].name));
	}
}

/* Names that are like each other more often than not. */
static struct str random_name(uint64_t *seed, char *room)
{
	static const char *const stems[] = {
		"a.b", "a_b", "a b", "a/b", "", "9a", "-", "files.read", "files_read", "\xd7\xa7",
	};
	size_t n = 0;

	n = (size_t)sprintf(room, "%s", stems[random_below(seed, countof(stems))]);
	if (random_below(seed, 3) == 0)
		n += random_text(seed, room + n, 30);
	if (random_below(seed, 3) == 0) {
		memset(room + n, 'x', 70);
		n += 70 - random_below(seed, 2);
	}
	return (struct str){ room, n };
}

TEST(whatever_tools_are_called_names_survive_the_way_there_and_back)
{
	static char rooms[40][256];
	uint64_t seed = 4;

	for (int round = 0; round < 3000; round++) {
		const struct tool_name_rule *rule = round % 2 ? &tight : &lettered;
		own_request r = REQUEST_INIT(1 << 20);
		own_tool_names *n = NULL;
		struct str names[40];
		struct error err = {0};
		size_t count = 1 + random_below(&seed, countof(names));
		for (size_t i = 0; i < count; i++)
			names[i] = random_name(&seed, rooms[i]);
		fill(&r, names, count);
		assert_ok(tool_names_make(rule, &r, &n, &err));
		if (n)
			check(rule, &r, n);
	}
}

TEST(what_fits_costs_nothing)
{
	static const struct str names[] = { STR("Read"), STR("mcp__server__tool"), STR("a-1") };
	own_request r = REQUEST_INIT(1 << 16);
	own_tool_names *n = NULL;
	struct error err = {0};

	fill(&r, names, countof(names));
	assert_ok(tool_names_make(&tight, &r, &n, &err));
	assert_null(n);
	assert_ok(tool_names_make(NULL, &r, &n, &err));
	assert_null(n);
}

TEST(a_name_becomes_the_same_whatever_stands_beside_it_and_in_whatever_order)
{
	static const struct str some[] = { STR("files.read"), STR("a.b"), STR("a b"), STR("x") };
	static const struct str others[] = { STR("y"), STR("a b"), STR("files.read"), STR("a.b"), STR("z") };
	own_request a = REQUEST_INIT(1 << 16), b = REQUEST_INIT(1 << 16);
	own_tool_names *n = NULL, *m = NULL;
	struct error err = {0};

	fill(&a, some, countof(some));
	fill(&b, others, countof(others));
	assert_ok(tool_names_make(&tight, &a, &n, &err));
	assert_ok(tool_names_make(&tight, &b, &m, &err));
	assert_true(str_is(nth_name(tool_names_request(n), 0), "files_read"));
	assert_true(str_is(nth_name(tool_names_request(m), 2), "files_read"));
	assert_true(str_equal(nth_name(tool_names_request(n), 1), nth_name(tool_names_request(m), 3)));
	assert_true(str_equal(nth_name(tool_names_request(n), 2), nth_name(tool_names_request(m), 1)));
	assert_true(str_starts(nth_name(tool_names_request(n), 1), (struct str)STR("a_b_")));
}

TEST(the_tool_that_must_be_called_is_named_as_the_vendor_knows_it)
{
	static const struct str names[] = { STR("a.b") };
	own_request r = REQUEST_INIT(1 << 16);
	own_tool_names *n = NULL;
	struct error err = {0};

	fill(&r, names, 1);
	r.tool_choice = TOOLS_NAMED;
	r.named_tool = names[0];
	assert_ok(tool_names_make(&tight, &r, &n, &err));
	assert_true(str_is(tool_names_request(n)->named_tool, "a_b"));
	assert_true(str_is(tool_names_given(n, (struct str)STR("never_heard_of")), "never_heard_of"));
}

TEST(a_name_that_is_made_to_look_like_anothers_digest_is_kept_apart)
{
	static const struct str pair[] = { STR("a.b"), STR("a b") };
	own_request probe = REQUEST_INIT(1 << 16), r = REQUEST_INIT(1 << 16);
	own_tool_names *n = NULL, *m = NULL;
	struct error err = {0};

	fill(&probe, pair, 2);
	assert_ok(tool_names_make(&tight, &probe, &n, &err));
	struct str names[] = { pair[0], pair[1], nth_name(tool_names_request(n), 0), STR("f") };
	fill(&r, names, countof(names));
	assert_ok(tool_names_make(&tight, &r, &m, &err));
	check(&tight, &r, m);
	assert_true(str_equal(nth_name(tool_names_request(m), 2), names[2]));
}

TEST(every_providers_rule_takes_the_names_of_claude_codes_tools)
{
	static const struct str names[] = { STR("Read"), STR("TodoWrite"), STR("mcp__github__create_pull_request") };

	for (size_t i = 0; i < provider_count; i++) {
		own_request r = REQUEST_INIT(1 << 16);
		own_tool_names *n = NULL;
		struct error err = {0};
		fill(&r, names, countof(names));
		assert_ok(tool_names_make(providers[i].tool_names, &r, &n, &err));
		assert_null(n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_tools_are_called_names_survive_the_way_there_and_back),
		cmocka_unit_test(what_fits_costs_nothing),
		cmocka_unit_test(a_name_becomes_the_same_whatever_stands_beside_it_and_in_whatever_order),
		cmocka_unit_test(the_tool_that_must_be_called_is_named_as_the_vendor_knows_it),
		cmocka_unit_test(a_name_that_is_made_to_look_like_anothers_digest_is_kept_apart),
		cmocka_unit_test(every_providers_rule_takes_the_names_of_claude_codes_tools),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
