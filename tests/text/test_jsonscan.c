#include "text/jsonscan.h"

#include "base/json.h"
#include "support/random.h"
#include "support/test.h"

/* Bytes of the text that pass; *closed says whether the value is over then. */
static size_t scan(struct str text, bool *closed)
{
	struct jsonscan s = JSONSCAN_INIT;
	size_t i = 0;

	while (i < text.n && jsonscan_byte(&s, text.p[i]) != SCAN_BAD)
		i++;
	*closed = jsonscan_closed(&s);
	return i;
}

static void expect(const char *text, size_t passed, bool over)
{
	bool closed;

	assert_int_equal(scan(str_of(text), &closed), passed);
	assert_int_equal(closed, over);
}

TEST(a_mistake_is_seen_at_its_own_byte)
{
	expect("{\"a\": [1, -2.5e+3, true, null, \"\\u00e9\\n\"], \"b\": {}} ", 53, true);
	expect("{\"a\": 01}", 7, false);
	expect("[1,]", 3, false);
	expect("{,}", 1, false);
	expect("[tru1]", 4, false);
	expect("[\"\\x\"]", 3, false);
	expect("[\"\\u12G4\"]", 6, false);
	expect("[\"a\nb\"]", 3, false);
	expect("[1}", 2, false);
	expect("[-]", 2, false);
	expect("[1.]", 3, false);
	expect("[1e]", 3, false);
	expect("{} x", 3, true);
}

TEST(nesting_has_a_ceiling)
{
	own_buf text = BUF_INIT(10000);
	bool closed;

	for (unsigned i = 0; i <= JSONSCAN_DEPTH; i++)
		buf_put(&text, "[");
	assert_int_equal(scan(buf_str(&text), &closed), JSONSCAN_DEPTH);
}

TEST(members_are_shown_where_they_lie)
{
	static const char text[] = "{\"a\":1,\"b\":[\"c\"]}";
	struct jsonscan s = JSONSCAN_INIT;
	char seen[sizeof text] = "";

	for (size_t i = 0; text[i]; i++)
		seen[i] = "!.kKve"[jsonscan_byte(&s, text[i])];
	assert_string_equal(seen, "vk.K.v.k.K.vv.eee");
}

/* Property: passes whole and closed just what Jansson parses, over texts with one byte changed. */
TEST(takes_what_the_parser_takes)
{
	static const char *const parts[] = {
		"{", "}", "[", "]", ",", ":", "\"a\"", "\"b\":", "1", "-0.5", "2e9", "true", "false", "null", " ",
		"\"x\\n\"",
	};
	static const char bytes[] = "{}[],:\"\\eE+-.019ntru \n";
	uint64_t seed = 7;
	size_t good = 0;

	for (int i = 0; i < 40000; i++) {
		own_buf text = BUF_INIT(4096);
		struct error unused = {0};
		bool closed;
		if (i % 2) {
			buf_put(&text, "{\"kk\":[1,{\"mm\":-2.0e1,\"vv\":\"\\u0041\"},[],null],\"oo\":{\"pp\":false}}");
			text.data[random_below(&seed, (uint32_t)text.len)] = bytes[random_below(&seed,
				sizeof bytes - 1)];
		} else {
			for (uint32_t n = 1 + random_below(&seed, 6); n; n--)
				buf_put(&text, parts[random_below(&seed, countof(parts))]);
		}
		own_json *value = json_parse_nul(buf_str(&text), "text", &unused);
		bool passed = scan(buf_str(&text), &closed) == text.len && closed;
		bool whole = json_is_object(value) || json_is_array(value) || json_is_string(value);
		good += whole;
		if (passed != whole)
			fail_msg("%s: %s", text.data, unused.text);
	}
	assert_true(good > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mistake_is_seen_at_its_own_byte),
		cmocka_unit_test(nesting_has_a_ceiling),
		cmocka_unit_test(members_are_shown_where_they_lie),
		cmocka_unit_test(takes_what_the_parser_takes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
