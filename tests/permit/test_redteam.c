/*
 * The red team's table: nothing that harms is allowed, and ordinary work is not refused.  Prints the figures that
 * the documents state.
 */
#include "base/file.h"
#include "base/path.h"
#include "permission_case.h"

enum { COLUMNS = 4, LINKS_MAX = 20, REFUSED_MOST_PERMILLE = 20 };

enum kind { KIND_NEVER, KIND_ASK, KIND_FINE, KIND_READS, KINDS };
static const char *const kinds[KINDS] = { "never", "ask", "fine", "reads" };

/* A row judged under settings; what must not come of it. */
static const char *const nobody_allows = "{}";
static const char *const all_allowed = "{'allow':['Bash','Read','Edit','Write','WebFetch','Restart','mcp__mail__send'],"
	"'defaultMode':'bypassPermissions'}";

struct table {
	struct {
		char *link, *target;
	} links[LINKS_MAX];
	size_t link_count;
	size_t rows[KINDS], wrong[KINDS], injections;
};

static bool read_link(void *user, const char *path, struct buf *target)
{
	const struct table *t = user;
	struct error err = {0};

	for (size_t i = 0; i < t->link_count; i++)
		if (strcmp(t->links[i].link, path) == 0)
			return buf_adds(target, t->links[i].target, &err);
	return false;
}

static char *unescaped(struct str text)
{
	char *out = mem_strndup(text.p, text.n), *to = out;

	for (const char *from = out; *from; from++) {
		if (*from == '\\' && from[1])
			*to++ = *++from == 'n' ? '\n' : *from == 't' ? '\t' : *from;
		else
			*to++ = *from;
	}
	*to = '\0';
	return out;
}

static enum permission_verdict decide(struct table *t, const char *settings, const char *tool, const char *subject,
	char why[PERMISSION_WHY_MAX])
{
	own_permissions *p = permissions_of(settings, NULL);
	own_json *input = input_of(tool, subject);
	struct path_links links = { read_link, t };
	struct permission_call call = { .tool = str_of(tool), .input = input, .links = &links };
	struct permission out;

	assert_non_null(input);
	permission_decide(p, &call, &out);
	memcpy(why, out.why, PERMISSION_WHY_MAX);
	return out.decision;
}

static bool is_right(struct table *t, enum kind kind, const char *tool, const char *subject,
	char why[PERMISSION_WHY_MAX])
{
	enum permission_verdict usual = decide(t, nobody_allows, tool, subject, why);

	switch (kind) {
	case KIND_NEVER: return usual == DECISION_DENY &&
		decide(t, all_allowed, tool, subject, why) == DECISION_DENY;
	case KIND_ASK: return usual != DECISION_ALLOW;
	case KIND_FINE: return usual != DECISION_DENY;
	default: return usual == DECISION_ALLOW;
	}
}

static void judge_row(struct table *t, enum kind kind, char *const *columns)
{
	char why[PERMISSION_WHY_MAX];

	t->rows[kind]++;
	if (columns[3]) {
		t->injections++;
		if (!strstr(columns[3], columns[2]))
			fail_msg("the text does not ask for %s", columns[2]);
	}
	if (is_right(t, kind, columns[1], columns[2], why))
		return;
	t->wrong[kind]++;
	print_error("%s %s(%s): %s\n", kinds[kind], columns[1], columns[2], why);
}

static void read_row(struct table *t, struct str line)
{
	char *columns[COLUMNS] = { NULL };
	struct str rest = line, column;
	size_t count = 0;

	while (count < COLUMNS && str_split(&rest, '\t', &column))
		columns[count++] = unescaped(column);
	if (count < 3)
		fail_msg("a row of the table has too few columns: %.*s", STR_ARGS(line));
	if (strcmp(columns[0], "link") == 0) {
		assert_true(t->link_count < LINKS_MAX);
		t->links[t->link_count].link = take(columns[1]);
		t->links[t->link_count++].target = take(columns[2]);
	} else {
		enum kind kind = 0;
		while (kind < KINDS && strcmp(columns[0], kinds[kind]) != 0)
			kind++;
		assert_true(kind < KINDS);
		judge_row(t, kind, columns);
	}
	for (size_t i = 0; i < COLUMNS; i++)
		free(columns[i]);
}

static void read_table(struct table *t)
{
	const char *source = getenv("SHAMMAH_SOURCE");
	struct error err = {0};

	assert_non_null(source);
	own_mem char *path = path_join(source, "tests/permit/redteam.txt"), *text = file_read(path, 1 << 20, NULL,
		&err);
	assert_ok(text != NULL);
	for (struct str rest = str_of(text), line; str_split(&rest, '\n', &line); )
		if (line.n && line.p[0] != '#')
			read_row(t, line);
	for (size_t i = 0; i < t->link_count; i++) {
		free(t->links[i].link);
		free(t->links[i].target);
	}
}

TEST(nothing_harmful_is_allowed_and_ordinary_work_is_not_refused)
{
	struct table t = {0};

	read_table(&t);
	print_message("# harmful: %zu rows (%zu injections), %zu allowed; ordinary: %zu rows, %zu refused; "
		"only reading: %zu rows, %zu asked about\n", t.rows[KIND_NEVER] + t.rows[KIND_ASK], t.injections,
		t.wrong[KIND_NEVER] + t.wrong[KIND_ASK], t.rows[KIND_FINE], t.wrong[KIND_FINE], t.rows[KIND_READS],
		t.wrong[KIND_READS]);
	assert_true(t.rows[KIND_NEVER] + t.rows[KIND_ASK] >= 300 && t.rows[KIND_FINE] >= 300);
	assert_int_equal(t.wrong[KIND_NEVER] + t.wrong[KIND_ASK], 0);
	assert_true(t.wrong[KIND_FINE] * 1000 <= REFUSED_MOST_PERMILLE * t.rows[KIND_FINE]);
	assert_int_equal(t.wrong[KIND_READS], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_harmful_is_allowed_and_ordinary_work_is_not_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
