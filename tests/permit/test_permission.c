/* The whole decision, by tables. */
#include "permission_case.h"

TEST(files_are_read_in_the_project_and_asked_about_elsewhere)
{
	static const struct permission_case cases[] = {
		{ "{}", "Read", "src/main.c", "allow", "" }, { "{}", "Read", "/home/me/p/x", "allow", "" },
		{ "{}", "Read", "../other/x", "ask", "" }, { "{}", "Read", "~/notes.txt", "ask", "" },
		{ "{}", "Read", ".env", "deny", "" }, { "{}", "Read", "/etc/passwd", "deny", "" },
		{ "{}", "Grep", "{'pattern':'x'}", "allow", "" }, { "{}", "Grep", "..", "ask", "" },
		{ "{}", "Glob", "{'pattern':'**/*.c'}", "allow", "" },
		{ "{}", "Glob", "{'pattern':'../**/*.c'}", "ask", "" },
		{ "{}", "Glob", "{'pattern':'/etc/*'}", "deny", "" },
		{ "{}", "Glob", "{'pattern':'*/../../x'}", "ask", "" },
		{ "{}", "Edit", "x.c", "ask", "" }, { "{}", "Write", "x.c", "ask", "" },
		{ "{}", "Write", "/etc/passwd", "deny", "" }, { "{}", "Write", ".git/config", "ask", "" },
	};

	check_cases(cases, countof(cases), NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_are_read_in_the_project_and_asked_about_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
