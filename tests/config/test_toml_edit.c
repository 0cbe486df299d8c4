#include "config/toml_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "config/toml.h"
#include "config/toml_file.h"
#include "config/toml_scan.h"
#include "support/random.h"
#include "support/test.h"

/* --- one change, and what it must make of a text ------------------------------------- */

enum deed { SET, REMOVE, ADD, MOVE };

struct example {
	enum deed deed;
	const char *path, *value;    /* JSON to set or add; "0 2" to move */
	const char *before, *after;  /* NULL: refused */
	const char *says;            /* of a refusal, its beginning */
};

static bool change(struct buf *text, const struct example *x, struct error *err)
{
	own_json *value = x->deed == SET || x->deed == ADD ? json_loads(x->value, JSON_DECODE_ANY, NULL) : NULL;
	unsigned from = 0, to = 0;

	switch (x->deed) {
	case SET:
		return toml_edit_set(text, "c.toml", x->path, value, err);
	case REMOVE:
		return toml_edit_remove(text, "c.toml", x->path, err);
	case ADD:
		return toml_edit_add(text, "c.toml", x->path, value, err);
	default:
		assert_int_equal(sscanf(x->value, "%u %u", &from, &to), 2);
		return toml_edit_move(text, "c.toml", x->path, from, to, err);
	}
}

static void check_example(const struct example *x)
{
	own_buf text = BUF_INIT(TOML_EDIT_MAX);
	struct error err = {0};

	buf_put(&text, x->before);
	bool ok = change(&text, x, &err);
	if (x->after && !ok)
		fail_msg("%s: %s in\n%s", x->path, err.text, x->before);
	if (!x->after && ok)
		fail_msg("%s was not refused, but gave\n%s", x->path, text.data);
	assert_string_equal(text.data, x->after ? x->after : x->before);
	if (!x->after && strncmp(err.text, x->says, strlen(x->says)) != 0)
		fail_msg("refused with: %s", err.text);
}

static void check_examples(const struct example *all, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_example(&all[i]);
}

TEST(a_value_is_replaced_where_it_stands)
{
	static const struct example all[] = {
		{ SET, "routing.budget", "7.5", "[routing]\nbudget = 5 # dollars\n",
			"[routing]\nbudget = 7.5 # dollars\n", 0 },
		{ SET, "a", "\"x\"", "a='''\n# no\n[b]\n''' # y\n[b]\n", "a=\"x\" # y\n[b]\n", 0 },
		{ SET, "a.b", "true", "a . \"b\"  =  [ 1, # one\n  2 ] # two\n", "a . \"b\"  =  true # two\n", 0 },
		{ SET, "a.b", "2", "a = { c = 1, b = 1, d = [ { b = 3 } ] }", "a = { c = 1, b = 2, d = [ { b = 3 } ] }",
			0 },
		{ SET, "a.b.c", "2", "a = { b.c = 1 }\n", "a = { b.c = 2 }\n", 0 },
		{ SET, "a.b.c", "2", "a = { b = { c = 1 } }\n", "a = { b = { c = 2 } }\n", 0 },
		{ SET, "a", "\"\\\"\\\\\\n\\u007f\\u0001\"", "a = 1979-05-27 07:32:00 # day\n",
			"a = \"\\\"\\\\\\n\\u007F\\u0001\" # day\n", 0 },
		{ SET, "a", "[\"x\", \"y\"]", "a = 1\r\nb = 2\r\n", "a = [\"x\", \"y\"]\r\nb = 2\r\n", 0 },
		{ SET, "t[1].m", "\"z\"", "[[t]]\nm = 'x'\n[[t]]\nm = 'y'\n[t.h]\nm = 1\n",
			"[[t]]\nm = 'x'\n[[t]]\nm = \"z\"\n[t.h]\nm = 1\n", 0 },
		{ SET, "a", "2", "s = \"\"\"a = 1 \\\"\"\" \"\"\"\"\"\na = 1\n",
			"s = \"\"\"a = 1 \\\"\"\" \"\"\"\"\"\na = 2\n", 0 },
	};

	check_examples(all, countof(all));
}

TEST(a_key_joins_the_table_it_belongs_to)
{
	static const struct example all[] = {
		{ SET, "a.c", "2", "[a]\n  b = 1 # x\n\n# about d\n[d]\n",
			"[a]\n  b = 1 # x\n  c = 2\n\n# about d\n[d]\n", 0 },
		{ SET, "a.c", "2", "[a] # empty", "[a] # empty\nc = 2\n", 0 },
		{ SET, "a.c", "2", "[a.b]\nx = 1\n", "[a.b]\nx = 1\n\n[a]\nc = 2\n", 0 },
		{ SET, "a.c", "2", "a.b = 1\nz = 1\n", "a.b = 1\na.c = 2\nz = 1\n", 0 },
		{ SET, "a.b.c", "2", "[a]\nb.x = 1\n", "[a]\nb.x = 1\nb.c = 2\n", 0 },
		{ SET, "a.c", "2", "a = { b = 1 }\n", "a = { b = 1, c = 2 }\n", 0 },
		{ SET, "a.c", "2", "a = {}\n", "a = { c = 2 }\n", 0 },
		{ SET, "a.c", "2", "a = {  } # x\n", "a = { c = 2 } # x\n", 0 },
		{ SET, "a", "1", "# the file's\n\n# of b\n[b]\n", "# the file's\n\na = 1\n\n# of b\n[b]\n", 0 },
		{ SET, "a", "1", "b = 1\n\n[c]\n", "b = 1\na = 1\n\n[c]\n", 0 },
		{ SET, "a", "1", "", "a = 1\n", 0 },
		{ SET, "a.b", "1", "", "[a]\nb = 1\n", 0 },
		{ SET, "a.b", "1", "\xEF\xBB\xBFx = 1\r\n", "\xEF\xBB\xBFx = 1\r\n\r\n[a]\r\nb = 1\r\n", 0 },
		{ SET, "a", "1", "\xEF\xBB\xBF",
			"\xEF\xBB\xBF"
			"a = 1\n",
			0 },
		{ SET, "t[0].e", "false", "[[t]]\nm = 1\n\n[[t]]\nm = 2\n", "[[t]]\nm = 1\ne = false\n\n[[t]]\nm = 2\n",
			0 },
		{ SET, "t[0].h.X-A", "\"v\"", "[[t]]\nm = 1\n\n[[t]]\nm = 2\n",
			"[[t]]\nm = 1\nh.X-A = \"v\"\n\n[[t]]\nm = 2\n", 0 },
		{ SET, "t[0].h.X-A", "\"v\"", "[[t]]\n[t.h]\nY = 1\n[[t]]\n",
			"[[t]]\n[t.h]\nY = 1\nX-A = \"v\"\n[[t]]\n", 0 },
	};

	check_examples(all, countof(all));
}

TEST(what_cannot_be_set_safely_is_refused_with_its_line)
{
	static const struct example all[] = {
		{ SET, "a", "1", "x = 1\n[a]\nb = 1\n", NULL, "c.toml:2: this is a table" },
		{ SET, "a", "1", "a = { b = 1 }\n", NULL, "c.toml:1: this is a table" },
		{ SET, "a.b", "1", "\n\na = 5\n", NULL, "c.toml:3: this is a value" },
		{ SET, "t[0].m", "1", "\nt = [ { m = 1 } ]\n", NULL, "c.toml:2: this is a list written as one value" },
		{ SET, "t[1].m", "1", "[[t]]\n", NULL, "c.toml: there is no such table" },
		{ SET, "t.m", "1", "[[t]]\n", NULL, "c.toml: there is no such table" },
		{ SET, "a", "1", "a = 'x\n", NULL, "c.toml:1: not valid TOML: a string without an end" },
		{ SET, "b", "1", "a = 5 5\n", NULL, "c.toml:1: not valid TOML: more on a line" },
		{ SET, "b", "1", "a = 5__5\n", NULL, "c.toml:1: not valid TOML" },
		{ ADD, "t", "{\"m\":1}", "\nt = []\n", NULL, "c.toml:2: this is not written as [[tables]]" },
		{ ADD, "t", "{\"m\":1}", "[t]\n", NULL, "c.toml:1: this is not written as [[tables]]" },
		{ MOVE, "t", "0 1", "[[t]]\n", NULL, "c.toml: there are 1 [[t]]" },
	};

	check_examples(all, countof(all));
}

TEST(what_is_removed_takes_its_own_comment_and_nothing_else)
{
	static const struct example all[] = {
		{ REMOVE, "a.b", 0, "[a]\n# kept\nb = 1 # goes\nc = 2\n", "[a]\n# kept\nc = 2\n", 0 },
		{ REMOVE, "a.b", 0, "[a]\nb = [\n1, # x\n]\n", "[a]\n", 0 },
		{ REMOVE, "a.b", 0, "a = { b = 1, c = 2 }\n", "a = { c = 2 }\n", 0 },
		{ REMOVE, "a.c", 0, "a = { b = 1, c = 2 }\n", "a = { b = 1 }\n", 0 },
		{ REMOVE, "a.b", 0, "a = { b = 1 }\n", "a = {  }\n", 0 },
		{ REMOVE, "a.b", 0, "a.b.c = 1\na.b.d = 2\nx = 1\n", "x = 1\n", 0 },
		{ REMOVE, "a", 0, "x = 1\n", "x = 1\n", 0 },
		{ REMOVE, "t[0]", 0, "# file\n\n# first\n[[t]]\nm = 1\n# end\n\n# second\n[[t]]\nm = 2\n",
			"# file\n\n# second\n[[t]]\nm = 2\n", 0 },
		{ REMOVE, "t[1]", 0, "[[t]]\nm = 1\n\n# second\n[[t]]\nm = 2\n", "[[t]]\nm = 1\n", 0 },
		{ REMOVE, "t[0]", 0, "[[t]]\nm = 1\n[t.h]\nx = 1\n\n[other]\ny = 1\n\n[t.i]\nz = 1\n\n[[t]]\nm = 2\n",
			"[other]\ny = 1\n\n[[t]]\nm = 2\n", 0 },
		{ REMOVE, "t[0]", 0, "# the file's\n[[t]]\nm = 1\n", "# the file's\n", 0 },
		{ REMOVE, "t[0]", 0, "[[t]]\nm = 1\n\n# --- more ---\n\n[x]\n", "# --- more ---\n\n[x]\n", 0 },
	};

	check_examples(all, countof(all));
}

TEST(a_table_is_added_behind_its_like)
{
	static const struct example all[] = {
		{ ADD, "t", "{\"m\":1,\"h\":{\"A-b\":\"c\"}}", "", "[[t]]\nm = 1\nh.A-b = \"c\"\n", 0 },
		{ ADD, "t", "{\"m\":2}", "[[t]]\nm = 1\n\n[x]\ny = 1\n", "[[t]]\nm = 1\n\n[[t]]\nm = 2\n\n[x]\ny = 1\n",
			0 },
		{ ADD, "t", "{\"m\":2}", "[[t]]\nm = 1\n[x]\ny = 1", "[[t]]\nm = 1\n\n[[t]]\nm = 2\n\n[x]\ny = 1", 0 },
		{ ADD, "t", "{\"m\":2}", "x = 1", "x = 1\n\n[[t]]\nm = 2\n", 0 },
		{ ADD, "t", "{\"m\":2}", "s = '''\n[[t]]\n'''\r\n", "s = '''\n[[t]]\n'''\r\n\n[[t]]\nm = 2\n", 0 },
	};

	check_examples(all, countof(all));
}

TEST(a_table_moves_with_all_that_is_its_own)
{
	static const struct example all[] = {
		{ MOVE, "t", "1 0", "# file\n[[t]]\nm = 1\n\n# two\n[[t]]\nm = 2\n[t.h]\nx = 1\n\n[z]\n",
			"# file\n\n# two\n[[t]]\nm = 2\n\n[t.h]\nx = 1\n\n[[t]]\nm = 1\n\n[z]\n", 0 },
		{ MOVE, "t", "0 1", "# one\n\n[[t]]\nm = 1\n\n# two\n[[t]]\nm = 2\n\n[z]\n",
			"# one\n\n# two\n[[t]]\nm = 2\n\n[[t]]\nm = 1\n\n[z]\n", 0 },
		{ MOVE, "t", "0 2", "[[t]]\nm = 1\n[[t]]\nm = 2\n[[t]]\nm = 3",
			"[[t]]\nm = 2\n[[t]]\nm = 3\n\n[[t]]\nm = 1\n", 0 },
		{ MOVE, "t", "2 0", "[[t]]\nm = 1\n\n[[t]]\nm = 2\n\n[[t]]\nm = 3",
			"[[t]]\nm = 3\n\n[[t]]\nm = 1\n\n[[t]]\nm = 2\n", 0 },
		{ MOVE, "t", "1 1", "[[t]]\n[[t]]\n", "[[t]]\n[[t]]\n", 0 },
	};

	check_examples(all, countof(all));
}

/* --- seeded documents and changes, against a model that knows nothing of text ---------- */

struct document {
	struct buf text;
	json_t *tree;            /* what the text means */
	unsigned comments;       /* "#1#" to "#N#" stand in it, each once */
};

static void random_comment(uint64_t *seed, struct document *d, unsigned chance, const char *newline)
{
	if (random_below(seed, chance) == 0)
		buf_putf(&d->text, "%s#%u# [[teachers]] \"%s", random_below(seed, 2) ? "" : "  ", ++d->comments,
			newline);
}

/* After a value, to the end of its line. */
static void random_rest(uint64_t *seed, struct document *d, const char *newline)
{
	if (random_below(seed, 4) == 0)
		buf_putf(&d->text, " #%u# = '", ++d->comments);
	buf_put(&d->text, newline);
	while (random_below(seed, 4) == 0)
		buf_put(&d->text, random_below(seed, 2) ? newline : " \n");
	random_comment(seed, d, 5, newline);
}

/* Writes a value and returns it. */
static json_t *random_value(uint64_t *seed, struct buf *out)
{
	int n = (int)random_below(seed, 1000);

	switch (random_below(seed, 9)) {
	case 0:
		buf_putf(out, "%d", n);
		return json_integer(n);
	case 1:
		buf_putf(out, "%d.5", n);
		return json_real(n + 0.5);
	case 2:
		buf_put(out, "true");
		return json_true();
	case 3:
		buf_put(out, "'it \"is\" # none \\'");
		return json_string("it \"is\" # none \\");
	case 4:
		buf_put(out, "\"a \\\"quote\\\" \\u0041 # [x]\"");
		return json_string("a \"quote\" A # [x]");
	case 5:
		buf_put(out, "\"\"\"\n[teachers]\na = \\\"\"\"1\\\n   b\"\"\"\"");
		return json_string("[teachers]\na = \"\"\"1b\"");
	case 6:
		buf_put(out, "'''\n[[teachers]]\nprovider = 'x'\n'''");
		return json_string("[[teachers]]\nprovider = 'x'\n");
	case 7:
		buf_put(out, "[ 1, # ], [[teachers]]\n\t2,\n]");
		return json_pack("[i,i]", 1, 2);
	default:
		buf_putf(out, "{ p = %d, \"q r\" = [ { s = '}' } ] }", n);
		return json_pack("{s:i, s:[{s:s}]}", "p", n, "q r", "s", "}");
	}
}

static void random_keys(uint64_t *seed, struct document *d, json_t *table, const char *newline)
{
	static const char *const names[] = { "alpha", "beta", "\"alpha.beta\"", "'gamma'", "delta . eps" };
	static const char *const plain[] = { "alpha", "beta", "alpha.beta", "gamma", "delta" };

	for (size_t i = 0; i < countof(names); i++) {
		if (random_below(seed, 3))
			continue;
		buf_putf(&d->text, "%s%s%s=%s", random_below(seed, 3) ? "" : "\t", names[i],
			random_below(seed, 2) ? " " : "", random_below(seed, 2) ? " " : "");
		json_t *value = random_value(seed, &d->text);
		json_object_set_new(table, plain[i], i == 4 ? json_pack("{s:o}", "eps", value) : value);
		random_rest(seed, d, newline);
	}
}

static void random_document(uint64_t *seed, struct document *d)
{
	static const char *const tables[] = { "routing", "[[teachers]]", "teachers.headers", "mcp.\"a b\"",
		"[[teachers]]", "features", "teachers.headers", "[[teachers]]", "[[teachers]]" };
	const char *newline = random_below(seed, 3) ? "\n" : "\r\n";
	json_t *teachers = NULL, *table;

	*d = (struct document){ .text = BUF_INIT(TOML_EDIT_MAX), .tree = json_object() };
	random_comment(seed, d, 2, newline);
	random_keys(seed, d, d->tree, newline);
	for (size_t i = 0; i < countof(tables); i++) {
		bool element = tables[i][0] == '[', below = strncmp(tables[i], "teachers.", 9) == 0;
		json_t *last = json_array_get(teachers, json_array_size(teachers) - 1);
		if (random_below(seed, 3) == 0 || (below && (!last || json_object_get(last, "headers"))))
			continue;
		buf_putf(&d->text, element ? "%s" : "[ %s ]", tables[i]);
		table = json_object();
		if (element && !teachers)
			json_object_set_new(d->tree, "teachers", teachers = json_array());
		if (element)
			json_array_append_new(teachers, table);
		else
			json_object_set_new(below ? last : d->tree,
				below ? "headers" : strncmp(tables[i], "mcp", 3) ? tables[i] : "mcp", table);
		if (strncmp(tables[i], "mcp", 3) == 0) {
			json_object_set_new(table, "a b", json_object());
			table = json_object_get(table, "a b");
		}
		random_rest(seed, d, newline);
		random_keys(seed, d, table, newline);
	}
	if (d->text.len && random_below(seed, 3) == 0 && d->text.data[d->text.len - 1] == '\n') {
		buf_truncate(&d->text, d->text.len - 1);
		if (d->text.len && d->text.data[d->text.len - 1] == '\r')
			buf_truncate(&d->text, d->text.len - 1);
	}
}

static unsigned comments_in(const struct document *d, const struct buf *text)
{
	unsigned found = 0;
	char mark[16];

	for (unsigned i = 1; i <= d->comments; i++) {
		snprintf(mark, sizeof mark, "#%u#", i);
		const char *at = strstr(text->data, mark);
		found += at != NULL;
		assert_false(at && strstr(at + 1, mark));
	}
	return found;
}

static void assert_means(const struct buf *text, const json_t *tree, const char *before)
{
	own_json *root = NULL, *lines = NULL;
	struct error err = {0};

	assert_ok(toml_parse(buf_str(text), "c.toml", &root, &lines, &err));
	if (!json_equal(root, tree))
		fail_msg("means something else:\n%s\n--- was\n%s\n--- expected\n%s", text->data, before,
			json_dumps(tree, JSON_INDENT(1)));
}

/* Lists that have lost their last table are gone, as in the text. */
static void without_empty(json_t *tree)
{
	if (json_array_size(json_object_get(tree, "teachers")) == 0)
		json_object_del(tree, "teachers");
}

/* One change to both; what was not removed on purpose must keep every comment. */
static void random_change(uint64_t *seed, struct document *d)
{
	json_t *teachers = json_object_get(d->tree, "teachers");
	uint32_t count = (uint32_t)json_array_size(teachers), n = count ? random_below(seed, count) : 0;
	own_mem char *before = mem_strdup(d->text.data), *path = NULL;
	struct error err = {0};
	unsigned comments = comments_in(d, &d->text);

	switch (random_below(seed, 6)) {
	case 0: {
		own_json *value = json_pack("{s:s, s:{s:s}}", "provider", "x\"y", "headers", "X-A b", "1");
		assert_ok(toml_edit_add(&d->text, "c.toml", "teachers", value, &err));
		if (!teachers)
			json_object_set_new(d->tree, "teachers", teachers = json_array());
		json_array_append_new(teachers, json_deep_copy(value));
		break;
	}
	case 1: {
		if (!count)
			return;
		uint32_t to = random_below(seed, count);
		assert_ok(toml_edit_move(&d->text, "c.toml", "teachers", n, to, &err));
		json_t *moved = json_incref(json_array_get(teachers, n));
		json_array_remove(teachers, n);
		json_array_insert_new(teachers, to, moved);
		break;
	}
	case 2:
		if (!count)
			return;
		path = mem_printf("teachers[%u]", n);
		assert_ok(toml_edit_remove(&d->text, "c.toml", path, &err));
		json_array_remove(teachers, n);
		without_empty(d->tree);
		assert_means(&d->text, d->tree, before);
		return;
	case 3: {
		if (!count)
			return;
		own_json *value = json_integer(random_below(seed, 99));
		json_t *old = json_object_get(json_array_get(teachers, n), "beta");
		if (json_is_object(old))
			return;
		path = mem_printf("teachers[%u].beta", n);
		assert_ok(toml_edit_set(&d->text, "c.toml", path, value, &err));
		json_object_set(json_array_get(teachers, n), "beta", value);
		if (old)
			comments = comments_in(d, &d->text);
		break;
	}
	case 4: {
		own_json *value = json_string("new # [[teachers]] '''");
		if (!json_object_get(d->tree, "routing"))
			json_object_set_new(d->tree, "routing", json_object());
		assert_ok(toml_edit_set(&d->text, "c.toml", "routing.budget", value, &err));
		json_object_set(json_object_get(d->tree, "routing"), "budget", value);
		break;
	}
	default:
		path = mem_strdup(random_below(seed, 2) ? "routing.alpha" : "gamma");
		assert_ok(toml_edit_remove(&d->text, "c.toml", path, &err));
		json_object_del(
			*path == 'g' ? d->tree : json_object_get(d->tree, "routing"), *path == 'g' ? path : "alpha");
		assert_means(&d->text, d->tree, before);
		return;
	}
	assert_means(&d->text, d->tree, before);
	if (comments_in(d, &d->text) != comments)
		fail_msg("a comment is gone:\n%s\n--- was\n%s", d->text.data, before);
}

TEST(random_changes_to_random_documents_mean_what_they_should_and_keep_every_comment)
{
	for (uint64_t i = 1; i <= 1500; i++) {
		uint64_t seed = i * 0x9E3779B97F4A7C15u;
		struct document d;

		random_document(&seed, &d);
		assert_means(&d.text, d.tree, "");
		for (int changes = 0; changes < 6; changes++)
			random_change(&seed, &d);
		buf_done(&d.text);
		json_decref(d.tree);
	}
}

static const char tricky[] =
	"# the file's\r\n\r\nmodel = 'x' # [teachers]\r\n\r\n[routing]\r\n  monthly = 5\r\n\r\n# "
	"mine\r\n[[teachers]]\r\n"
	"provider = \"\"\"\r\n[[teachers]]\r\n\\\"\"\" \"\"\"\r\nheaders . 'X-A' = \"\\u0041\" # c\r\nkeys = [ '[', # "
	"]\r\n 'x' ]\r\n"
	"\r\n[[teachers]]\r\nmodel = { a.b = { c = '}' }, d = 1979-05-27 07:32:00 }\r\n[teachers.\"x y\"]\r\nz = 1";

TEST(a_document_cut_anywhere_is_changed_rightly_or_not_at_all)
{
	static const struct example deeds[] = {
		{ SET, "routing.monthly", "6", 0, 0, 0 }, { SET, "teachers[0].model", "\"y\"", 0, 0, 0 },
		{ SET, "model", "\"y\"", 0, 0, 0 }, { SET, "teachers[1].model.a.b.e", "1", 0, 0, 0 },
		{ REMOVE, "teachers[0]", 0, 0, 0, 0 }, { REMOVE, "teachers", 0, 0, 0, 0 },
		{ REMOVE, "teachers[1].model.a", 0, 0, 0, 0 },
		{ ADD, "teachers", "{\"provider\":\"z\"}", 0, 0, 0 }, { MOVE, "teachers", "1 0", 0, 0, 0 },
		{ MOVE, "teachers", "0 1", 0, 0, 0 },
	};
	size_t changed = 0;

	for (size_t n = 0; n < sizeof tricky; n++) {
		for (size_t i = 0; i < countof(deeds); i++) {
			own_buf text = BUF_INIT(TOML_EDIT_MAX);
			own_json *root = NULL, *lines = NULL;
			struct error err = {0};
			own_mem char *cut = mem_strndup(tricky, n);   /* so that a step beyond the end is seen */

			assert_ok(buf_add(&text, cut, n, &err));
			bool ok = change(&text, &deeds[i], &err);
			changed += ok;
			if (ok && strcmp(text.data, cut) != 0)
				assert_ok(toml_parse(buf_str(&text), "c.toml", &root, &lines, &err));
			if (!ok)
				assert_string_equal(text.data, cut);
		}
	}
	assert_true(changed > sizeof tricky);
}

TEST(a_text_at_its_ceiling_is_refused_and_kept)
{
	own_buf text = BUF_INIT(TOML_EDIT_MAX);
	own_json *value = json_string("a longer text");
	struct error err = {0};

	buf_put(&text, "a = 1\n#");
	while (text.len < TOML_EDIT_MAX)
		buf_put(&text, "x");
	own_mem char *before = mem_strdup(text.data);
	assert_false(toml_edit_set(&text, "c.toml", "a", value, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
	assert_string_equal(text.data, before);
}

/* --- what is a shape, and what is none ------------------------------------------------ */

static bool parses(const char *text, struct error *err)
{
	own_json *root = NULL, *lines = NULL;

	return toml_parse(str_of(text), "c.toml", &root, &lines, err);
}

/* From the specification, version 1.0. */
TEST(every_form_that_toml_has_is_read)
{
	static const char *const all[] = {
		"",
		"# only a comment",
		"\n\n",
		"\r\n",
		"a=1",
		"\"\" = 1",
		"'' = 1",
		"1234 = 1",
		"3.14 = 1",
		"bare_key-1 = 1",
		"\"127.0.0.1\" = 1",
		"\"\xC2\xBB\" = 1",
		"'quoted \"value\"' = 1",
		"a . b . 'c' = 1",
		"a.\"b.c\".d = 1",
		"s = \"\\b\\t\\n\\f\\r\\\"\\\\\\u00E9\\U0001F600\"",
		"s = \"\"\"\n\"\"two quotes\"\"\"\"\"",
		"s = ''''''",
		"s = '''one ' quote''''",
		"s = \"\"\"a \\\n\n   \xC3\xA9\"\"\"",
		"s = '\xC3\xA9' # \xC3\xA9",
		"n = [ +99, -0, 1_000, 0xDEAD_beef, 0o755, 0b1101 ]",
		"n = [ 1.0, 6.626e-34, 1e06, -2E-2, 224_617.445_991_228 ]",
		"d = [ 1979-05-27T07:32:00Z, 1979-05-27T00:32:00.999999-07:00, 1979-05-27 07:32:00, 1979-05-27, "
		"07:32:00 ]",
		"b = [true, false]",
		"a = [ [ 1, 2 ], [\"a\", 'b',], [], ]",
		"a = [ # x ]\n 1, # y\n\n]",
		"t = { a.b = 1, c = { d = [ {} ] } }",
		"t = {}",
		"[ a . 'b' ]\n[a.c] # x\n",
		"[x.y]\n[x]\n",
		"[[a]]\n[[a.b]]\n[a.b.c]\n[[a.b]]\n[[a]]\n",
		"\xEF\xBB\xBF"
		"a = 1",
		"a = 1 \t# x",
		"\ta = 1",
	};

	for (size_t i = 0; i < countof(all); i++) {
		struct error err = {0};
		if (!parses(all[i], &err))
			fail_msg("%s in %s", err.text, all[i]);
	}
}

TEST(what_has_no_shape_is_an_error_with_its_line)
{
	static const char *const all[] = {
		"\na = \xC3\xA9",
		"\na = 1 \xC3\xA9",
		"\n\xC3\xA9 = 1",
		"\na = 1\xEF\xBB\xBF",
		"\na = 1979-05-27__ 0 1\n",
		"\na = =",
		"\na = [1 2]",
		"\na = {",
		"\na = ",
		"\na",
		"\n[a",
		"\n[[a]",
		"\na = 'x",
		"\na = \"\"\"",
		"\na = 1 b = 2",
		"\na = [1,,2]",
		"\na = -\x11\x01",
		"\na..b = 1",
		"\na = x'y'",
	};

	for (size_t i = 0; i < countof(all); i++) {
		struct error err = {0};
		if (parses(all[i], &err))
			fail_msg("accepted: %s", all[i]);
		if (strncmp(err.text, "c.toml:2: ", 10) != 0)
			fail_msg("%s in %s", err.text, all[i]);
	}
}

/* --- the file ----------------------------------------------------------------------------- */

static char folder[] = "/tmp/shammah-toml-XXXXXX";

static char *in_folder(const char *name) { return path_join(folder, name); }

static void assert_holds(const char *path, const char *text)
{
	struct error err = {0};
	own_mem char *got = file_read(path, 1000, NULL, &err);

	assert_non_null(got);
	assert_string_equal(got, text);
}

TEST(a_file_is_made_with_its_folder_and_is_the_users_alone)
{
	own_mem char *path = in_folder("new/deep/config.toml");
	struct error err = {0};
	struct stat st;

	assert_ok(toml_file_write(path, str_of(""), str_of("a = 1\n"), &err));
	assert_holds(path, "a = 1\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	own_mem char *parent = in_folder("new");
	assert_int_equal(stat(parent, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

TEST(a_link_stays_a_link_and_what_it_leads_to_is_written)
{
	own_mem char *one = in_folder("one.toml"), *two = in_folder("two.toml"), *target = in_folder("target.toml");
	own_buf text = BUF_INIT(100);
	struct error err = {0};
	struct stat st;

	assert_ok(file_write(target, str_of("a = 1\n"), 0644, &err));
	assert_int_equal(symlink("target.toml", two), 0);
	assert_int_equal(symlink(two, one), 0);
	assert_ok(toml_file_read(one, &text, &err));
	assert_ok(toml_file_write(one, buf_str(&text), str_of("a = 2\n"), &err));
	assert_holds(target, "a = 2\n");
	assert_int_equal(lstat(one, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(lstat(two, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(target, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(unlink(target), 0);
	assert_ok(toml_file_write(one, str_of(""), str_of("a = 3\n"), &err));    /* also where nothing is yet */
	assert_holds(target, "a = 3\n");
}

TEST(links_in_a_circle_are_an_error)
{
	own_mem char *one = in_folder("circle1"), *two = in_folder("circle2");
	struct error err = {0};

	assert_int_equal(symlink(two, one), 0);
	assert_int_equal(symlink(one, two), 0);
	assert_false(toml_file_write(one, str_of(""), str_of("a = 1\n"), &err));
	assert_non_null(strstr(err.text, "circle"));
}

TEST(a_file_that_somebody_else_has_changed_is_left_alone)
{
	own_mem char *path = in_folder("changed.toml");
	struct error err = {0};

	assert_ok(file_write(path, str_of("a = 1\n"), 0600, &err));
	assert_false(toml_file_write(path, str_of("a = 0\n"), str_of("a = 2\n"), &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_holds(path, "a = 1\n");
}

TEST(a_folder_or_a_pipe_is_no_file)
{
	own_mem char *pipe = in_folder("pipe");
	own_buf text = BUF_INIT(100);
	struct error err = {0};

	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_false(toml_file_read(folder, &text, &err));
	assert_false(toml_file_read(pipe, &text, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
}

static struct sys_calls real;
static int calls_left;

static bool fails(void)
{
	if (calls_left-- != 0)
		return false;
	errno = EIO;
	return true;
}

static int failing_open(const char *path, int flags, ...) { return fails() ? -1 : real.open(path, flags, 0600); }
static ssize_t failing_read(int fd, void *dst, size_t n) { return fails() ? -1 : real.read(fd, dst, n); }
static ssize_t failing_write(int fd, const void *src, size_t n)
{
	return fails() ? -1 : real.write(fd, src, n > 2 ? 2 : n);
}
static int failing_fsync(int fd) { return fails() ? -1 : real.fsync(fd); }
static int failing_rename(const char *from, const char *to) { return fails() ? -1 : real.rename(from, to); }

TEST(a_file_is_old_or_new_whichever_call_fails)
{
	own_mem char *path = in_folder("faults.toml");
	struct error err = {0};
	bool done = false;
	int tries;

	real = sys;
	for (tries = 0; !done && tries < 100; tries++) {
		assert_ok(file_write(path, str_of("old\n"), 0600, &err));
		sys.open = failing_open;
		sys.read = failing_read;
		sys.write = failing_write;
		sys.fsync = failing_fsync;
		sys.rename = failing_rename;
		calls_left = tries;
		done = toml_file_write(path, str_of("old\n"), str_of("new text\n"), &err);
		sys = real;
		assert_holds(path, done ? "new text\n" : "old\n");
	}
	assert_true(done && tries > 8);
	own_mem char *command = mem_printf("test -z \"$(ls %s | grep tmp)\"", folder);
	assert_int_equal(system(command), 0);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	own_mem char *command = mem_printf("rm -r %s", folder);

	(void)state;
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_is_replaced_where_it_stands),
		cmocka_unit_test(a_key_joins_the_table_it_belongs_to),
		cmocka_unit_test(what_cannot_be_set_safely_is_refused_with_its_line),
		cmocka_unit_test(what_is_removed_takes_its_own_comment_and_nothing_else),
		cmocka_unit_test(a_table_is_added_behind_its_like),
		cmocka_unit_test(a_table_moves_with_all_that_is_its_own),
		cmocka_unit_test(random_changes_to_random_documents_mean_what_they_should_and_keep_every_comment),
		cmocka_unit_test(a_document_cut_anywhere_is_changed_rightly_or_not_at_all),
		cmocka_unit_test(a_text_at_its_ceiling_is_refused_and_kept),
		cmocka_unit_test(every_form_that_toml_has_is_read),
		cmocka_unit_test(what_has_no_shape_is_an_error_with_its_line),
		cmocka_unit_test(a_file_is_made_with_its_folder_and_is_the_users_alone),
		cmocka_unit_test(a_link_stays_a_link_and_what_it_leads_to_is_written),
		cmocka_unit_test(links_in_a_circle_are_an_error),
		cmocka_unit_test(a_file_that_somebody_else_has_changed_is_left_alone),
		cmocka_unit_test(a_folder_or_a_pipe_is_no_file),
		cmocka_unit_test(a_file_is_old_or_new_whichever_call_fails),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
