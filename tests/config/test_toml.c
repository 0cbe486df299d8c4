/* TOML to JSON, with lines; and lines in JSON. */
#include "base/mem.h"
#include "config/json_lines.h"
#include "config/toml.h"
#include "support/test.h"

static void expect(const char *toml, const char *json)
{
	own_buf text = BUF_INIT((size_t)1 << 20);
	own_json *root = NULL, *lines = NULL;
	struct error err = {0};

	assert_ok(toml_parse(str_of(toml), "config.toml", &root, &lines, &err));
	assert_ok(json_write(&text, root, &err));
	assert_string_equal(text.data, json);
}

static void expect_refused(struct str toml, const char *part)
{
	json_t *root = NULL, *lines = NULL;
	struct error err = {0};

	assert_false(toml_parse(toml, "config.toml", &root, &lines, &err));
	assert_null(root);
	assert_null(lines);
	assert_int_equal(err.kind, ERROR_INVALID);
	if (!strstr(err.text, part))
		fail_msg("'%s' does not say '%s'", err.text, part);
}

TEST(each_kind_of_value_becomes_its_own_in_json)
{
	expect("", "{}");
	expect("a = 1\nb = \"x\\u00e9\"\nc = true\nd = 2.5\ne = [1, 2]\nf = 'raw \\n'\n",
		"{\"a\":1,\"b\":\"x\xc3\xa9\",\"c\":true,\"d\":2.5,\"e\":[1,2],\"f\":\"raw \\\\n\"}");
	expect("[z]\nq.w = 1\n[a]\nx = { y = 2 }\n", "{\"z\":{\"q\":{\"w\":1}},\"a\":{\"x\":{\"y\":2}}}");
	expect("[[t]]\nn = 1\n[[t]]\nn = 2\n", "{\"t\":[{\"n\":1},{\"n\":2}]}");
	expect("d = 2026-11-28\nt = 09:30:01\nb = 2026-11-28T09:30:01Z\n",
		"{\"d\":\"2026-11-28\",\"t\":\"09:30:01\",\"b\":\"2026-11-28T09:30:01\"}");
	expect("\xef\xbb\xbf" "a = \"\\\"\xc3\xa9\" # \xc3\xa9\nb = '\xc3\xa9'\n",
		"{\"a\":\"\\\"\xc3\xa9\",\"b\":\"\xc3\xa9\"}");
	expect("s = \"\"\"\nmany\nlines\"\"\"\n", "{\"s\":\"many\\nlines\"}");
}

TEST(what_is_no_toml_names_its_line_and_quotes_nothing)
{
	static const struct { const char *text, *says; } wrong[] = {
		{ "a = 1\nb = \n", "config.toml:2: not valid TOML" },
		{ "a = 1\na = 2\n", "config.toml:2: not valid TOML" },
		{ "[a\n", "config.toml:" },
		{ "[=]\n", "config.toml:1: not valid TOML" },
		{ "[[\x01]]\n", "config.toml:1: not valid TOML" },
		{ "a = sk-ant-secret\n", "config.toml:1: not valid TOML" },
		{ "a = 99999999999999999999\n", "config.toml:1: not valid TOML" },
		{ "a = nan\n", "config.toml:1: not valid TOML: a number that is none" },
		{ "a = \"\\u0000\"\n", "a NUL character" },
		{ "\"\\u0000\" = 1\n", "a NUL character" },
		{ "a = \"\xff\"\n", "config.toml:" },
		{ "// no comment\n", "config.toml:1" },
	};

	for (size_t i = 0; i < countof(wrong); i++)
		expect_refused(str_of(wrong[i].text), wrong[i].says);
	json_t *root = NULL, *lines = NULL;
	struct error err = {0};
	static const char *const secretive[] = { "a = sk-ant-secret\n", "[t]\nkey = 'sk-ant-secret\n",
		"a = tsk-ant-secret\n", "a = 12sk-ant-secret\n", "sk-ant-secret = 1\nsk-ant-secret = 2\n",
		"a = \"x\" sk-ant-secret\n" };
	for (size_t i = 0; i < countof(secretive); i++) {
		assert_false(toml_parse(str_of(secretive[i]), "config.toml", &root, &lines, &err));
		if (strstr(err.text, "secret"))
			fail_msg("quotes: %s", err.text);
	}
}

/* A tree as deep as a text is long would overflow the stack. */
TEST(depth_is_bounded_however_it_is_written)
{
	own_mem char *dots = mem_alloc(20010), *brackets = mem_alloc(20010);

	memset(dots, '.', 20000);
	for (size_t i = 0; i < 20000; i += 2)
		dots[i] = 'a';
	memcpy(dots + 19999, " = 1", 5);
	expect_refused(str_of(dots), "nested more than 32 deep");
	memset(brackets, '[', 20000);
	memcpy(brackets, "a = ", 4);
	brackets[20000] = '\0';
	expect_refused(str_of(brackets), "config.toml:1");
	memcpy(dots + 99, "]\n", 3);
	own_mem char *header = mem_printf("[%s", dots);
	expect_refused(str_of(header), "nested more than 32 deep");
}

static int line_of(const char *toml, const char *path)
{
	own_json *root = NULL, *lines = NULL;
	struct error err = {0};

	assert_ok(toml_parse(str_of(toml), "x", &root, &lines, &err));
	return toml_line(lines, path);
}

TEST(lines_of_toml_are_those_of_keys)
{
	static const char text[] = "# one\n[backend]\n\nthreads = 3\n[[teachers]]\nprovider = 'a'\n\n[[teachers]]\n"
		"provider = 'b'\nheaders = { x = 'y' }\n";

	assert_int_equal(line_of(text, "backend"), 2);
	assert_int_equal(line_of(text, "backend.threads"), 4);
	assert_int_equal(line_of(text, "backend.nothing"), 2);
	assert_int_equal(line_of(text, "teachers[0]"), 5);
	assert_int_equal(line_of(text, "teachers[1].provider"), 9);
	assert_int_equal(line_of(text, "teachers[1].headers.x"), 10);
	assert_int_equal(line_of(text, "teachers[7].provider"), 5);
}

static int json_line_of(const char *json, const char *path)
{
	return json_line(str_of(json), path);
}

TEST(lines_of_json_are_those_of_keys)
{
	static const char text[] =
		"\n{\n \"a\": {\"b\": [1,\n {\"c\": 2},\n [3]], \"}\": \"{[\\\"\",\n \"d\":\n null},\n\"e\" : 1}\n";

	assert_int_equal(json_line_of(text, "a"), 3);
	assert_int_equal(json_line_of(text, "a.b"), 3);
	assert_int_equal(json_line_of(text, "a.b[1]"), 4);
	assert_int_equal(json_line_of(text, "a.b[1].c"), 4);
	assert_int_equal(json_line_of(text, "a.b[2][0]"), 5);
	assert_int_equal(json_line_of(text, "a.d"), 6);
	assert_int_equal(json_line_of(text, "e"), 8);
	assert_int_equal(json_line_of(text, "e.none"), 8);
	assert_int_equal(json_line_of(text, "none"), 1);
	assert_int_equal(json_line_of("", "a.b"), 1);
}

/* Each key of a random object that holds its own line is found there. */
static void add_object(struct buf *out, unsigned *seed, int depth, int *line)
{
	int n = 1 + rand_r(seed) % 4;

	buf_put(out, "{");
	for (int i = 0; i < n; i++) {
		for (int blank = rand_r(seed) % 3; blank; blank--, ++*line)
			buf_put(out, "\n");
		buf_putf(out, "%s\"k%d_%d\":", i ? "," : "", *line, rand_r(seed) % 1000);
		if (depth && rand_r(seed) % 2)
			add_object(out, seed, depth - 1, line);
		else
			buf_put(out, rand_r(seed) % 2 ? "[1,{\"x\":[]},\"]\"]" : "\"a\\\\\\\"}\"");
	}
	buf_put(out, "}");
}

static void check_object(const json_t *object, struct str text, const char *path)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)object, key, value) {
		own_mem char *whole = mem_printf("%s%s%s", path, *path ? "." : "", key);
		assert_int_equal(json_line(text, whole), atoi(key + 1));
		if (json_is_object(value))
			check_object(value, text, whole);
	}
}

TEST(every_key_of_a_random_object_is_found_where_it_is)
{
	for (unsigned seed = 1; seed < 300; seed++) {
		own_buf text = BUF_INIT((size_t)1 << 20);
		unsigned random = seed;
		int line = 1;
		struct error err = {0};
		add_object(&text, &random, 4, &line);
		own_json *root = json_parse(buf_str(&text), "text", &err);
		if (root)      /* else a key came twice */
			check_object(root, buf_str(&text), "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_value_becomes_its_own_in_json),
		cmocka_unit_test(what_is_no_toml_names_its_line_and_quotes_nothing),
		cmocka_unit_test(depth_is_bounded_however_it_is_written),
		cmocka_unit_test(lines_of_toml_are_those_of_keys),
		cmocka_unit_test(lines_of_json_are_those_of_keys),
		cmocka_unit_test(every_key_of_a_random_object_is_found_where_it_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
