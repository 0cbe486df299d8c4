/*
 * What a decision on a tool's call costs (permit/permission.h): settings of 30 rules, links read from the
 * disk, calls as coding assistants make them.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "permit/links.h"
#include "permit/permission.h"
#include "report.h"

#define ROUNDS 41
#define REPEATS 50

static const char *const allow[] = { "Bash(npm run *)", "Bash(npm test *)", "Bash(git add *)", "Bash(git commit *)",
	"Bash(git log *)", "Bash(make *)", "Bash(cargo build *)", "Bash(cargo test *)", "Bash(python -m pytest *)",
	"Bash(ninja *)", "Bash(meson *)", "Edit(src/**)", "Edit(tests/**)", "Read(~/notes/**)",
		"Read(//usr/share/doc/**)",
	"WebFetch(domain:*.python.org)", "WebFetch(domain:doc.rust-lang.org)", "mcp__tracker__get_*", "WebSearch" };
static const char *const ask[] = { "Bash(git push *)", "Bash(npm publish *)", "Edit(package.json)" };
static const char *const deny[] = { "Read(secrets/**)", "Read(**/*.pem)", "Edit(vendor/**)", "Bash(curl *)",
	"Bash(wget *)",
	"Bash(git reset --hard *)", "WebFetch(domain:*.example.net)", "mcp__mail" };

static const struct subject {
	const char *name, *tool, *member, *about[4];
} subjects[] = {
	{ "commands", "Bash", "command", { "npm test -- --watch=false", "git status", "make -j8 check",
		"ls -la src" } },
	{ "lines of several commands", "Bash", "command", { "cd src && ls -la && grep -rn 'TODO' . | head -20",
		"git add -A && git commit -m 'parser: one more case' && git log --oneline | head -3",
		"NODE_ENV=test timeout 60 npm test 2>&1 | tail -40",
			"for f in a b c; do cat src/$f.c | wc -l; done > out.txt" } },
	{ "files", "Edit", "file_path", { "src/main.c", "../other/x.c", "tests/unit/test_parser.c", ".git/config" } },
	{ "pages", "WebFetch", "url", { "https://docs.python.org/3/library/json.html", "https://doc.rust-lang.org/std/",
		"https://en.wikipedia.org/wiki/C", "https://example.net/x" } },
};

static void add_list(json_t *scope, const char *list, const char *const *rules, size_t count)
{
	json_t *all = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(all, json_string(rules[i]));
	json_object_set_new(scope, list, all);
}

static int by_size(const void *a, const void *b)
{
	double l = *(const double *)a, r = *(const double *)b;

	return (l > r) - (l < r);
}

/* Microseconds of one decision, of the middle round. */
static double measure(const struct permissions *p, const struct subject *s)
{
	json_t *inputs[countof(s->about)];
	double rounds[ROUNDS];
	struct permission out;

	for (size_t i = 0; i < countof(inputs); i++)
		inputs[i] = json_pack("{s:s}", s->member, s->about[i]);
	for (size_t r = 0; r < ROUNDS; r++) {
		uint64_t begin = clock_ns();
		for (size_t i = 0; i < REPEATS * countof(inputs); i++) {
			struct permission_call call = { .tool = str_of(s->tool), .input = inputs[i % countof(inputs)],
				.links = &path_links_real };
			permission_decide(p, &call, &out);
		}
		rounds[r] = (double)(clock_ns() - begin) / 1e3 / (REPEATS * countof(inputs));
	}
	qsort(rounds, ROUNDS, sizeof *rounds, by_size);
	for (size_t i = 0; i < countof(inputs); i++)
		json_decref(inputs[i]);
	return rounds[ROUNDS / 2];
}

int main(void)
{
	const struct permission_places places = { "/home/me/project", "/home/me/project", "/home/me", NULL, NULL };
	struct error err = {0};
	own_permissions *p = permissions_create(&places, &err);
	own_json *scope = json_object();

	add_list(scope, "allow", allow, countof(allow));
	add_list(scope, "ask", ask, countof(ask));
	add_list(scope, "deny", deny, countof(deny));
	permissions_add_scope(p, scope, "settings", places.cwd, NULL);
	for (size_t i = 0; i < countof(subjects); i++) {
		own_mem char *what = mem_printf("decision, 30 rules: %s", subjects[i].name);
		report(what, "under 50 us", "%.1f us", measure(p, &subjects[i]));
	}
	return 0;
}
