#include "grammar/pattern.h"

#include "grammar/format.h"
#include "support/random.h"
#include "support/schema_check.h"
#include "support/test.h"

static struct dfa *compile(const char *pattern)
{
	struct error err = {0};
	struct dfa *d = pattern_compile(str_of(pattern), &err);

	if (!d)
		fail_msg("%s: %s", pattern, err.text);
	return d;
}

static void assert_matches(const char *pattern, const char *text, bool wanted)
{
	own_dfa *d = compile(pattern);

	if (dfa_matches(d, str_of(text)) != wanted)
		fail_msg("/%s/ %s \"%s\"", pattern, wanted ? "misses" : "matches", text);
}

TEST(matches_anywhere_unless_it_is_anchored)
{
	assert_matches("b", "abc", true);
	assert_matches("^b", "abc", false);
	assert_matches("^a", "abc", true);
	assert_matches("c$", "abc", true);
	assert_matches("b$", "abc", false);
	assert_matches("^abc$", "abc", true);
	assert_matches("^$", "", true);
	assert_matches("^$", "a", false);
	assert_matches("a|^b|c$", "xbx", false);
	assert_matches("", "whatever", true);
	assert_matches("^^a$$", "a", true);
	assert_matches("$^", "a", false);
	assert_matches("$^", "", true);
	assert_matches("x*$^", "x", false);
}

TEST(counts_characters_not_bytes)
{
	assert_matches("^.{2}$", "\xC3\xA9\xF0\x9F\x98\x80", true);
	assert_matches("^.{2}$", "\xC3\xA9", false);
	assert_matches("^[\\u00e0-\\u00ff]+$", "\xC3\xA9\xC3\xA8", true);
	assert_matches("^\\u{1F600}$", "\xF0\x9F\x98\x80", true);
	assert_matches("^\\uD83D\\uDE00$", "\xF0\x9F\x98\x80", true);
	assert_matches("^[^\\u0000-\\uFFFF]$", "\xF0\x9F\x98\x80", true);
	assert_matches("^[^\\u0000-\\uFFFF]$", "\xE2\x82\xAC", false);
	assert_matches("^.$", "\xE2\x80\xA8", false);        /* a line separator */
	assert_matches("^\\s$", "\xC2\xA0", true);
}

TEST(knows_the_escapes_and_classes_of_ecmascript)
{
	assert_matches("^\\d\\D\\w\\W\\s\\S$", "1aa- a", true);
	assert_matches("^[\\d\\-x]+$", "1-x", true);
	assert_matches("^[]$", "a", false);                  /* nothing */
	assert_matches("^\\x41\\cJ\\0?$", "A\n", true);
	assert_matches("^[\\b]$", "\b", true);
	assert_matches("^(?:a|b)(?<name>c)d??$", "bcd", true);
	assert_matches("^a{0}b{2,}c{1,2}$", "bbbcc", true);
	assert_matches("^a{0}b{2,}c{1,2}$", "abbc", false);
	assert_matches("^(a*)*$", "aaa", true);
	assert_matches("^(a*b?){2,3}$", "abab", true);
	assert_matches("^\\/\\.\\*$", "/.*", true);
}

/* ---- Against PCRE2 ---- */

static void put(char *out, const char *piece) { strcat(out, piece); }

static void random_pattern(uint64_t *seed, char *out, int deep)
{
	static const char *const atoms[] = { "a", "b", ".", "[ab]", "[^a]", "\\d", "\\w", "\\W", "[a-c1]", "\\.",
		"\xC3\xA9", "[^\xC3\xA9]" };
	static const char *const counts[] = { "", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,1}", "{2,}", "*?", "{0}" };

	for (uint32_t i = 0, n = random_below(seed, 4); i < n; i++) {
		if (random_below(seed, 12) == 0)
			put(out, random_below(seed, 2) ? "^" : "$");
		if (deep && random_below(seed, 4) == 0) {
			put(out, random_below(seed, 2) ? "(" : "(?:");
			random_pattern(seed, out, deep - 1);
			put(out, ")");
		} else {
			put(out, atoms[random_below(seed, sizeof atoms / sizeof *atoms)]);
		}
		put(out, counts[random_below(seed, sizeof counts / sizeof *counts)]);
	}
	if (random_below(seed, 6) == 0) {
		put(out, "|");
		if (deep)
			random_pattern(seed, out, deep - 1);
	}
}

TEST(finds_what_pcre_finds)
{
	static const char *const signs[] = { "a", "b", "c", "1", ".", "-", " ", "\xC3\xA9", "\xF0\x9F\x98\x80" };
	uint64_t seed = 2718;
	int found = 0, tried = 0;

	for (int i = 0; i < 1500; i++) {
		char pattern[4096] = "";
		random_pattern(&seed, pattern, 2);
		own_dfa *d = compile(pattern);
		for (int k = 0; k < 12; k++) {
			char text[64] = "";
			for (uint32_t n = random_below(&seed, 7); n; n--)
				put(text, signs[random_below(&seed, sizeof signs / sizeof *signs)]);
			bool wanted = pattern_found(pattern, text, strlen(text));
			if (dfa_matches(d, str_of(text)) != wanted)
				fail_msg("/%s/ %s \"%s\"", pattern, wanted ? "misses" : "matches", text);
			found += wanted;
			tried++;
		}
	}
	assert_true(found > tried / 10 && found < tried * 9 / 10);
}

TEST(refuses_what_it_does_not_know)
{
	static const char *const refused[] = {
		"(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "\\bword", "\\1", "\\k<a>", "\\p{L}", "(", ")", "a)", "[a",
		"[b-a]", "*a", "a**",
		"a{2,1}", "a{", "{1}", "\\", "\\q", "a{99999}", "\\u12", "\\u{110000}", "(?i)a", "[\\d-a]x{1,",
	};

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct error err = {0};
		if (pattern_compile(str_of(refused[i]), &err))
			fail_msg("accepted /%s/", refused[i]);
		assert_true(err.kind == ERROR_INVALID && err.text[0]);
	}
}

TEST(bombs_end_in_an_error_soon)
{
	static const char *const bombs[] = {
		"((((((a{1000}){1000}){1000}){1000}){1000}){1000})", "(.{1,900}x){900}",
		"(a?){5000}(a){5000}x(.*){100}",
		"^(([a-z])+.)+[A-Z]([a-z])+.{9000}$", "((){9999}){9999}", "(x+x+)+y{2000}[^x]{2000}",
		"a.{20}b|b.{19}a|c.{18}[^z]d|.*a.{14}$",
	};

	for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
		struct error err = {0};
		own_dfa *d = pattern_compile(str_of(bombs[i]), &err);
		if (!d)
			assert_int_equal(err.kind, ERROR_TOO_LARGE);
	}
}

TEST(formats_hold_what_they_promise)
{
	static const struct { const char *format, *text; bool matches; } cases[] = {
		{ "date", "2024-02-29", true }, { "date", "2023-02-29", false }, { "date", "1900-02-29", false },
		{ "date", "2000-02-29", true },
		{ "date", "2024-04-31", false }, { "date", "2024-13-01", false }, { "date", "2024-12-31 ", false },
		{ "time", "23:59:59Z", true }, { "time", "24:00:00Z", false }, { "time", "12:00:00", false },
		{ "time", "12:00:00.5+05:30", true },
		{ "date-time", "2025-01-31T12:00:00Z", true }, { "date-time", "2025-01-31 12:00:00Z", false },
		{ "uuid", "123e4567-e89b-12d3-a456-426614174000", true },
		{ "uuid", "123e4567e89b12d3a456426614174000", false },
		{ "ipv4", "255.0.1.9", true }, { "ipv4", "256.0.1.9", false }, { "ipv4", "1.2.3", false },
		{ "ipv4", "01.2.3.4", false },
		{ "ipv6", "::1", true }, { "ipv6", "2001:db8::8a2e:370:7334", true },
		{ "ipv6", "1:2:3:4:5:6:7:8", true },
		{ "ipv6", "::", true }, { "ipv6", "1::2::3", false }, { "ipv6", "1:2:3:4:5:6:7", false },
		{ "ipv6", "1:2:3:4:5:6:7:8:9", false },
		{ "ipv6", "1:2:3:4:5:6:7::", true }, { "ipv6", "12345::", false },
		{ "hostname", "example.com", true }, { "hostname", "-a.com", false }, { "hostname", "a..b", false },
		{ "email", "joe.bloggs@example.com", true }, { "email", "@example.com", false },
		{ "email", "a@b@c", false },
		{ "uri", "https://example.com/a?b=c#d", true }, { "uri", "mailto:a@b.c", true },
		{ "uri", "/relative", false },
		{ "uri", "http://a b", false }, { "duration", "P1Y2M3DT4H5M6S", true }, { "duration", "PT", false },
		{ "duration", "P4W", true },
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_matches(format_pattern(cases[i].format), cases[i].text, cases[i].matches);
	assert_null(format_pattern("regex"));
}

/* ---- The algebra ---- */

TEST(both_and_without_and_length_are_what_they_say)
{
	static const char *const patterns[] = { "^a*b?$", "b", "^[ab]{0,3}$", "^(ab)*$", "[^a]$" };
	uint64_t seed = 3;

	for (int i = 0; i < 200; i++) {
		struct error err = {0};
		own_dfa *a = compile(patterns[random_below(&seed, 5)]), *b = compile(patterns[random_below(&seed, 5)]);
		uint32_t least = random_below(&seed, 3),
			most = random_below(&seed, 2) ? UINT32_MAX : least + random_below(&seed, 3);
		own_dfa *both = dfa_both(a, b, false, &err), *without = dfa_both(a, b, true, &err);
		own_dfa *length = dfa_with_length(a, least, most, &err);
		bool any_both = false;
		assert_true(both && without && length);
		for (int k = 0; k < 60; k++) {
			char text[16] = "";
			uint32_t n = random_below(&seed, 6);
			for (uint32_t c = 0; c < n; c++)
				put(text, random_below(&seed, 4) ? random_below(&seed, 2) ? "a" : "b" : "\xC3\xA9");
			struct str s = str_of(text);
			assert_int_equal(dfa_matches(both, s), dfa_matches(a, s) && dfa_matches(b, s));
			assert_int_equal(dfa_matches(without, s), dfa_matches(a, s) && !dfa_matches(b, s));
			assert_int_equal(dfa_matches(length, s), dfa_matches(a, s) && n >= least && n <= most);
			any_both |= dfa_matches(both, s);
		}
		assert_false(any_both && dfa_is_empty(both));
	}
}

TEST(knows_whether_any_character_of_a_range_leads_on)
{
	static const uint32_t edges[] = { 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF, 0xE9,
		0x1F600 };
	own_dfa *d = compile("^[b-d\\u00e9\\u07ff\\u20ac\\u{1F600}-\\u{1F64F}]$");
	uint64_t seed = 77;

	for (int i = 0; i < 3000; i++) {
		uint32_t lo = random_below(&seed, 2) ? edges[random_below(&seed, 11)] : random_below(&seed, 0x2000),
			n = 0;
		uint32_t hi = lo + random_below(&seed, random_below(&seed, 2) ? 4 : 600);
		for (uint32_t c = lo; c <= hi && c <= 0x10FFFF; c++)
			n += (c < 0xD800 || c > 0xDFFF) && dfa_character(d, DFA_START, c) != DFA_DEAD;
		assert_int_equal(dfa_any_character(d, DFA_START, lo, hi), n > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches_anywhere_unless_it_is_anchored),
		cmocka_unit_test(counts_characters_not_bytes),
		cmocka_unit_test(knows_the_escapes_and_classes_of_ecmascript),
		cmocka_unit_test(finds_what_pcre_finds),
		cmocka_unit_test(refuses_what_it_does_not_know),
		cmocka_unit_test(bombs_end_in_an_error_soon),
		cmocka_unit_test(formats_hold_what_they_promise),
		cmocka_unit_test(both_and_without_and_length_are_what_they_say),
		cmocka_unit_test(knows_whether_any_character_of_a_range_leads_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
