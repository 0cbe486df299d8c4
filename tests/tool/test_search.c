/* Grep and Glob in a small project, with the real ripgrep. */
#include <pthread.h>
#include <signal.h>

#include "base/clock.h"
#include "permit/permission.h"
#include "tool/glob.h"
#include "tool/grep.h"
#include "searching.h"

#define UNREAD "\n(Files that must not be read are never among the results.)"
#define NEEDS_RG() do { \
		if (!has_rg()) \
			skip_because("there is no rg"); \
	} while (0)

static void fill(struct project *p)
{
	project_init(p);
	project_file(p, "old.c", "int main(void)\n{\n\treturn 0;\n}\n", 500);
	project_file(p, "src/new.c", "#include <stdio.h>\nint count;\nint main(void)\n{\n}\n", 10);
	project_file(p, "src/deep/er/util.js", "function main() {}\nMAIN\n", 100);
	project_file(p, "notes.md", "nothing here\n", 50);
}

/* --- Grep ------------------------------------------------------------------------------------ */

TEST(files_that_match_are_listed_newest_first)
{
	NEEDS_RG();
	own_project p = {0};
	fill(&p);
	assert_calls(&p, "Grep", "{\"pattern\":\"main\"}", "Found 3 files\nsrc/new.c\nsrc/deep/er/util.js\nold.c");
	assert_calls(&p, "Grep", "{\"pattern\":\"main\",\"type\":\"js\"}", "Found 1 file\nsrc/deep/er/util.js");
	assert_calls(&p, "Grep", "{\"pattern\":\"main\",\"glob\":\"*.{c,h}\"}", "Found 2 files\nsrc/new.c\nold.c");
	assert_calls(&p, "Grep", "{\"pattern\":\"main\",\"glob\":\"*.js, *.md\"}", "Found 1 file\nsrc/deep/er/util.js");
	assert_calls(&p, "Grep", "{\"pattern\":\"nowhere\"}", "No files found" UNREAD);
}

TEST(lines_come_with_path_and_number)
{
	NEEDS_RG();
	own_project p = {0};
	fill(&p);
	assert_calls(&p, "Grep", "{\"pattern\":\"main\",\"output_mode\":\"content\"}",
		"old.c:1:int main(void)\nsrc/deep/er/util.js:1:function main() {}\nsrc/new.c:3:int main(void)");
	assert_calls(&p, "Grep",
		"{\"pattern\":\"main\",\"output_mode\":\"content\",\"-n\":false,\"-i\":true,\"type\":\"js\"}",
		"src/deep/er/util.js:function main() {}\nsrc/deep/er/util.js:MAIN");
	assert_calls(&p, "Grep", "{\"pattern\":\"nowhere\",\"output_mode\":\"content\"}", "No matches found" UNREAD);
}

TEST(context_is_marked_and_pieces_are_parted)
{
	NEEDS_RG();
	own_project p = {0};
	project_init(&p);
	project_file(&p, "a", "1\nx\n3\n4\n5\nx\n", 0);
	project_file(&p, "b", "x\n2\n", 0);
	assert_calls(&p, "Grep", "{\"pattern\":\"x\",\"output_mode\":\"content\",\"-C\":1}",
		"a-1-1\na:2:x\na-3-3\n--\na-5-5\na:6:x\n--\nb:1:x\nb-2-2");
	assert_calls(&p, "Grep", "{\"pattern\":\"x\",\"output_mode\":\"content\",\"-A\":1,\"glob\":\"b\",\"-n\":false}",
		"b:x\nb-2");
	assert_calls(&p, "Grep", "{\"pattern\":\"4\",\"output_mode\":\"content\",\"-B\":2}", "a-2-x\na-3-3\na:4:4");
}

TEST(matches_are_counted)
{
	NEEDS_RG();
	own_project p = {0};
	fill(&p);
	assert_calls(&p, "Grep", "{\"pattern\":\"int\",\"output_mode\":\"count\",\"type\":\"c\"}",
		"old.c:1\nsrc/new.c:2\n3 matching lines in 2 files");
}

TEST(a_match_may_span_lines_only_when_asked)
{
	NEEDS_RG();
	own_project p = {0};
	fill(&p);
	assert_calls(&p, "Grep", "{\"pattern\":\"count.*main\",\"multiline\":true}", "Found 1 file\nsrc/new.c");
	assert_calls(&p, "Grep", "{\"pattern\":\"count.*main\"}", "No files found" UNREAD);
	assert_tells(&p, "Grep", "{\"pattern\":\"a\\nb\"}", "multiline");
}

TEST(results_are_taken_in_parts)
{
	NEEDS_RG();
	own_project p = {0};
	fill(&p);
	assert_calls(&p, "Grep", "{\"pattern\":\"main\",\"head_limit\":1}",
		"Found 1 file, and there are more\nsrc/new.c\n(files 1 to 1: there are more, from offset 1 on.)");
	assert_calls(&p, "Grep", "{\"pattern\":\"main\",\"head_limit\":2,\"offset\":1}",
		"Found 2 files\nsrc/deep/er/util.js\nold.c");
	assert_calls(&p, "Grep", "{\"pattern\":\"main\",\"output_mode\":\"content\",\"head_limit\":1,\"offset\":1}",
		"src/deep/er/util.js:1:function main() {}\n(lines 2 to 2: there are more, from offset 2 on.)");
	assert_calls(&p, "Grep", "{\"pattern\":\"main\",\"output_mode\":\"content\",\"offset\":3}",
		"No matches found from that offset on" UNREAD);
}

TEST(one_file_or_folder_can_be_searched)
{
	NEEDS_RG();
	own_project p = {0};
	fill(&p);
	own_mem char *file = path_join(p.context.root, "src/new.c"), *folder = path_join(p.context.root, "src/deep");
	own_mem char *absent = path_join(p.context.root, "absent");
	own_mem char *lines = call_at(&p, file, "Grep", "{\"pattern\":\"main\",\"output_mode\":\"content\"}");
	assert_string_equal(lines, "src/new.c:3:int main(void)");
	own_mem char *files = call_at(&p, folder, "Grep", "{\"pattern\":\"main\"}");
	assert_string_equal(files, "Found 1 file\nsrc/deep/er/util.js");
	own_mem char *none = call_at(&p, absent, "Grep", "{\"pattern\":\"main\"}");
	assert_non_null(strstr(none, "absent: there is no such file or folder"));
}

TEST(paths_elsewhere_are_absolute)
{
	NEEDS_RG();
	own_project p = {0}, other = {0};
	fill(&p);
	project_init(&other);
	project_file(&other, "x.c", "main\n", 0);
	own_mem char *files = call_at(&p, other.context.root, "Grep", "{\"pattern\":\"main\"}");
	own_mem char *expected = mem_printf("Found 1 file\n%s/x.c", other.context.root);
	assert_string_equal(files, expected);
}

TEST(a_wrong_pattern_is_told_in_the_words_of_rg)
{
	NEEDS_RG();
	own_project p = {0};
	fill(&p);
	assert_tells(&p, "Grep", "{\"pattern\":\"main(\"}", "unclosed group");
	assert_tells(&p, "Grep", "{\"pattern\":\"x\",\"type\":\"klingon\"}", "unrecognized file type: klingon");
	assert_tells(&p, "Grep", "{\"pattern\":\"x\",\"glob\":\"{a\"}", "unclosed alternate group");
	assert_tells(&p, "Glob", "{\"pattern\":\"[\"}", "unclosed character class");
	assert_tells(&p, "Grep", "{\"pattern\":\"\"}", "must have 1 to");
	assert_tells(&p, "Grep", "{}", "`pattern` is missing");
}

TEST(nothing_in_a_pattern_is_an_option_or_a_command)
{
	NEEDS_RG();
	own_project p = {0};
	project_init(&p);
	project_file(&p, "a", "--files\n$(touch x); `touch y`\n-e\n", 0);
	assert_calls(&p, "Grep", "{\"pattern\":\"--files\"}", "Found 1 file\na");
	assert_calls(&p, "Grep", "{\"pattern\":\"-e\",\"output_mode\":\"content\"}", "a:3:-e");
	assert_calls(&p, "Grep", "{\"pattern\":\"\\\\$\\\\(touch x\\\\); `touch\"}", "Found 1 file\na");
	assert_calls(&p, "Glob", "{\"pattern\":\"--version\"}", "No files found");
	assert_calls(&p, "Glob", "{\"pattern\":\"**\"}", "a");
}

TEST(a_configuration_of_the_users_has_no_say)
{
	NEEDS_RG();
	own_project p = {0};
	fill(&p);
	own_mem char *file = path_join(p.context.temp, "rc");
	struct error err = {0};
	assert_ok(file_write(file, (struct str)STR("--invert-match\n--follow\n"), 0600, &err));
	setenv("RIPGREP_CONFIG_PATH", file, 1);
	assert_calls(&p, "Grep", "{\"pattern\":\"nowhere\"}", "No files found" UNREAD);
	unsetenv("RIPGREP_CONFIG_PATH");
}

TEST(hidden_files_are_searched_but_not_git_and_what_is_ignored)
{
	NEEDS_RG();
	own_project p = {0};
	project_init(&p);
	project_file(&p, ".git/config", "main\n", 1);
	project_file(&p, ".gitignore", "build/\n", 1);
	project_file(&p, "build/out.c", "main\n", 3);
	project_file(&p, ".hidden/a.c", "main\n", 2);
	assert_calls(&p, "Grep", "{\"pattern\":\"main\"}", "Found 1 file\n.hidden/a.c");
	assert_calls(&p, "Glob", "{\"pattern\":\"**/*.c\"}", ".hidden/a.c\nbuild/out.c");
	assert_calls(&p, "Glob", "{\"pattern\":\"**/config\"}", "No files found");
	assert_calls(&p, "Glob", "{\"pattern\":\".git/*\"}", ".git/config");
}

TEST(links_are_not_followed)
{
	NEEDS_RG();
	own_project p = {0}, other = {0};
	project_init(&p);
	project_init(&other);
	project_file(&other, "x.c", "main\n", 0);
	own_mem char *folder = path_join(p.context.root, "elsewhere"), *file = path_join(p.context.root, "link.c");
	own_mem char *target = path_join(other.context.root, "x.c");
	assert_int_equal(symlink(other.context.root, folder), 0);
	assert_int_equal(symlink(target, file), 0);
	assert_calls(&p, "Grep", "{\"pattern\":\"main\"}", "No files found" UNREAD);
	assert_calls(&p, "Glob", "{\"pattern\":\"**/*.c\"}", "No files found");
	own_mem char *through = call_at(&p, folder, "Grep", "{\"pattern\":\"main\"}");
	assert_non_null(strstr(through, "neither a file nor a folder"));
}

TEST(names_with_line_ends_and_other_bytes_are_quoted)
{
	NEEDS_RG();
	own_project p = {0};
	project_init(&p);
	project_file(&p, "two\nlines.c", "main\n", 1);
	project_file(&p, "wei\xffrd.c", "ma\xffin\xc3\n", 2);
	assert_calls(&p, "Grep", "{\"pattern\":\"main\",\"output_mode\":\"content\"}", "\"two\\nlines.c\":1:main");
	assert_calls(&p, "Glob", "{\"pattern\":\"*.c\"}", "\"two\\nlines.c\"\n\"wei\xef\xbf\xbdrd.c\"");
	assert_calls(&p, "Grep", "{\"pattern\":\"ma\",\"output_mode\":\"content\",\"glob\":\"wei*\"}",
		"\"wei\xef\xbf\xbdrd.c\":1:ma\xef\xbf\xbdin\xef\xbf\xbd");
}

TEST(long_lines_are_shortened)
{
	NEEDS_RG();
	own_project p = {0};
	project_init(&p);
	own_mem char *line = mem_printf("needle%20000s\n", "x");
	project_file(&p, "min.js", line, 0);
	own_mem char *found = call(&p, "Grep", "{\"pattern\":\"needle\",\"output_mode\":\"content\"}");
	assert_true(strlen(found) < 700);
	assert_non_null(strstr(found, "min.js:1:needle"));
}

TEST(a_result_has_a_ceiling_and_says_so)
{
	NEEDS_RG();
	own_project p = {0};
	project_init(&p);
	own_buf text = BUF_INIT(1 << 20);
	for (unsigned i = 0; i < 5000; i++)
		buf_putf(&text, "a line of text, number %u\n", i);
	project_file(&p, "a", text.data, 0);
	own_mem char *found = call(&p, "Grep", "{\"pattern\":\"line\",\"output_mode\":\"content\",\"head_limit\":0}");
	assert_true(strlen(found) > 25000 && strlen(found) < 31000);
	assert_non_null(strstr(found, ": there are more, from offset "));
}

TEST(a_binary_file_that_is_named_is_called_so)
{
	NEEDS_RG();
	own_project p = {0};
	project_init(&p);
	own_mem char *path = path_join(p.context.root, "bin");
	struct error err = {0};
	assert_ok(file_write(path, (struct str)STR("main\0main\n"), 0644, &err));
	own_mem char *found = call_at(&p, path, "Grep", "{\"pattern\":\"main\",\"output_mode\":\"content\"}");
	assert_non_null(strstr(found, "bin:binary file matches"));
}

TEST(a_missing_rg_is_named_with_its_package)
{
	own_project p = {0};
	fill(&p);
	own_mem char *path = mem_strdup(getenv("PATH"));
	setenv("PATH", p.context.temp, 1);
	own_mem char *found = call(&p, "Grep", "{\"pattern\":\"main\"}");
	setenv("PATH", path, 1);
	assert_non_null(strstr(found, "Grep needs ripgrep"));
	assert_non_null(strstr(found, "apt install ripgrep"));
}

/* A program called rg that does what a test needs. */
static void with_false_rg(struct project *p, const char *script)
{
	own_mem char *program = path_join(p->context.temp, "rg");
	own_mem char *path = mem_printf("%s:/usr/bin:/bin", p->context.temp);
	struct error err = {0};

	assert_ok(file_write(program, str_of(script), 0755, &err));
	setenv("PATH", path, 1);
}

static void *fire_soon(void *user)
{
	clock_sleep_ms(50);
	cancel_fire(user);
	return NULL;
}

TEST(cancelling_ends_the_search)
{
	own_project p = {0};
	fill(&p);
	own_mem char *path = mem_strdup(getenv("PATH"));
	pthread_t thread;
	with_false_rg(&p, "#!/bin/sh\nexec sleep 1000\n");
	assert_int_equal(pthread_create(&thread, NULL, fire_soon, &p.cancel), 0);
	own_mem char *found = call(&p, "Grep", "{\"pattern\":\"main\"}");
	pthread_join(thread, NULL);
	setenv("PATH", path, 1);
	assert_string_equal(found, "error: cancelled");
}

TEST(keys_of_teachers_do_not_reach_rg)
{
	own_project p = {0};
	fill(&p);
	own_mem char *path = mem_strdup(getenv("PATH"));
	with_false_rg(&p, "#!/bin/sh\n[ -z \"$ANTHROPIC_API_KEY\" ] && printf './old.c\\0'\n");
	setenv("ANTHROPIC_API_KEY", "sk-test", 1);
	own_mem char *found = call(&p, "Grep", "{\"pattern\":\"main\"}");
	unsetenv("ANTHROPIC_API_KEY");
	setenv("PATH", path, 1);
	assert_string_equal(found, "Found 1 file\nold.c");
}

TEST(endless_results_stop_the_search_and_are_told)
{
	own_project p = {0};
	fill(&p);
	own_mem char *path = mem_strdup(getenv("PATH"));
	with_false_rg(&p, "#!/bin/sh\nwhile :; do printf './old.c\\0'; done | head -c 20000000\n");
	own_mem char *found = call(&p, "Grep", "{\"pattern\":\"main\",\"head_limit\":1}");
	setenv("PATH", path, 1);
	assert_non_null(strstr(found, "stopped at 16 MB of results"));
}

TEST(files_that_cannot_be_read_are_counted)
{
	own_project p = {0};
	fill(&p);
	own_mem char *path = mem_strdup(getenv("PATH"));
	with_false_rg(&p, "#!/bin/sh\nprintf './old.c\\0'; echo './a: Permission denied (os error 13)' >&2; exit 2\n");
	own_mem char *found = call(&p, "Grep", "{\"pattern\":\"main\"}");
	setenv("PATH", path, 1);
	assert_string_equal(found, "Found 1 file\nold.c\n(1 files or folders could not be read.)");
}

TEST(what_must_not_be_read_is_never_among_results)
{
	NEEDS_RG();
	own_project p = {0};
	struct error err = {0};
	fill(&p);
	project_file(&p, ".env", "main=secret\n", 1);
	project_file(&p, "private/a.c", "main\n", 2);
	const struct permission_places places = { p.context.root, p.context.root, "/home/nobody", NULL, NULL };
	own_permissions *rules = permissions_create(&places, &err);
	assert_non_null(rules);
	assert_ok(permissions_add_rule(rules, "deny", "Read(./private/**)", "a test", &err));
	p.context.permissions = rules;
	assert_calls(&p, "Grep", "{\"pattern\":\"main\"}", "Found 3 files\nsrc/new.c\nsrc/deep/er/util.js\nold.c");
	assert_calls(&p, "Grep", "{\"pattern\":\"main=\",\"output_mode\":\"content\"}", "No matches found" UNREAD);
	assert_calls(&p, "Grep", "{\"pattern\":\"int\",\"output_mode\":\"count\"}",
		"old.c:1\nsrc/new.c:2\n3 matching lines in 2 files");
	assert_calls(&p, "Glob", "{\"pattern\":\"{.env,private/*,old.c}\"}",
		"old.c\n(2 that must not be read are left out.)");
}

/* --- Glob ------------------------------------------------------------------------------------ */

TEST(globs_mean_what_they_do_in_a_shell_with_globstar)
{
	NEEDS_RG();
	static const struct { const char *pattern, *result; } rows[] = {
		{ "*.c", "old.c" }, { "**/*.c", "src/new.c\nold.c" }, { "src/*.c", "src/new.c" },
		{ "src/**/*.js", "src/deep/er/util.js" }, { "src/**", "src/new.c\nsrc/deep/er/util.js" },
		{ "*.{md,c}", "notes.md\nold.c" }, { "./old.c", "old.c" }, { "**/er/*", "src/deep/er/util.js" },
		{ "util.js", "No files found" }, { "src", "No files found" }, { "!old.c", "No files found" },
		{ "?ld.[a-d]", "old.c" }, { "*.C", "No files found" },
	};
	own_project p = {0};
	fill(&p);
	for (size_t i = 0; i < countof(rows); i++) {
		own_mem char *arguments = mem_printf("{\"pattern\":\"%s\"}", rows[i].pattern);
		assert_calls(&p, "Glob", arguments, rows[i].result);
	}
}

TEST(a_pattern_does_not_lead_out_of_its_folder)
{
	NEEDS_RG();
	own_project p = {0};
	fill(&p);
	own_mem char *inside = mem_printf("{\"pattern\":\"%s/src/*.c\"}", p.context.root);
	assert_calls(&p, "Glob", inside, "src/new.c");
	assert_tells(&p, "Glob", "{\"pattern\":\"/etc/*\"}", "not below the folder");
	assert_tells(&p, "Glob", "{\"pattern\":\"src/../../*\"}", "leads out of its folder");
}

TEST(a_hundred_files_are_listed_and_no_more)
{
	NEEDS_RG();
	own_project p = {0};
	project_init(&p);
	for (unsigned i = 0; i < 101; i++) {
		char name[16];
		snprintf(name, sizeof name, "f%03u", i);
		project_file(&p, name, "", i);
	}
	own_mem char *found = call(&p, "Glob", "{\"pattern\":\"*\"}");
	assert_int_equal(strncmp(found, "f000\nf001\n", 10), 0);
	assert_non_null(strstr(found, "f099\n(Only the 100 that were changed last"));
	assert_null(strstr(found, "f100"));
}

/* --- what rg prints ------------------------------------------------------------------------------ */

TEST(output_cut_anywhere_is_read_as_far_as_it_goes)
{
	static const char text[] = "./b\0" "3:x\n./b\0" "4-y\n--\n./b\0" "9:z\n./a\nb\0" "1:q\n";
	struct str whole = { text, sizeof text - 1 };

	for (size_t n = 0; n <= whole.n; n++) {
		own_mem char *copy = mem_strndup(text, 0);
		own_grep_output o = {0};
		free(copy);
		copy = mem_alloc(n + 1);
		memcpy(copy, text, n);
		copy[n] = '\0';
		grep_output_read(&o, (struct str){ copy, n });
		assert_true(o.n <= 4 && o.file_n <= 2);
	}
	own_grep_output o = {0};
	grep_output_read(&o, whole);
	assert_int_equal(o.n, 4);
	assert_int_equal(o.file_n, 2);
	assert_true(str_is(o.files[0].path, "a\nb") && str_is(o.files[1].path, "b"));
	assert_true(o.lines[2].gap && !o.lines[1].match && !o.lines[3].gap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_that_match_are_listed_newest_first),
		cmocka_unit_test(lines_come_with_path_and_number),
		cmocka_unit_test(context_is_marked_and_pieces_are_parted),
		cmocka_unit_test(matches_are_counted),
		cmocka_unit_test(a_match_may_span_lines_only_when_asked),
		cmocka_unit_test(results_are_taken_in_parts),
		cmocka_unit_test(one_file_or_folder_can_be_searched),
		cmocka_unit_test(paths_elsewhere_are_absolute),
		cmocka_unit_test(a_wrong_pattern_is_told_in_the_words_of_rg),
		cmocka_unit_test(nothing_in_a_pattern_is_an_option_or_a_command),
		cmocka_unit_test(a_configuration_of_the_users_has_no_say),
		cmocka_unit_test(hidden_files_are_searched_but_not_git_and_what_is_ignored),
		cmocka_unit_test(links_are_not_followed),
		cmocka_unit_test(names_with_line_ends_and_other_bytes_are_quoted),
		cmocka_unit_test(long_lines_are_shortened),
		cmocka_unit_test(a_result_has_a_ceiling_and_says_so),
		cmocka_unit_test(a_binary_file_that_is_named_is_called_so),
		cmocka_unit_test(a_missing_rg_is_named_with_its_package),
		cmocka_unit_test(cancelling_ends_the_search),
		cmocka_unit_test(keys_of_teachers_do_not_reach_rg),
		cmocka_unit_test(endless_results_stop_the_search_and_are_told),
		cmocka_unit_test(files_that_cannot_be_read_are_counted),
		cmocka_unit_test(what_must_not_be_read_is_never_among_results),
		cmocka_unit_test(globs_mean_what_they_do_in_a_shell_with_globstar),
		cmocka_unit_test(a_pattern_does_not_lead_out_of_its_folder),
		cmocka_unit_test(a_hundred_files_are_listed_and_no_more),
		cmocka_unit_test(output_cut_anywhere_is_read_as_far_as_it_goes),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
