#include "cli/bar.h"

#include "base/json.h"
#include "cli/download_line.h"
#include "support/test.h"

TEST(progress_says_as_much_as_is_known)
{
	static const struct { uint64_t done, total, per_second; const char *text; } wanted[] = {
		{ 0, 0, 0, "0 bytes" },
		{ 812000000, 1916000000, 0, "42 %, 812 MB of 1.9 GB" },
		{ 812000000, 1916000000, 23000000, "42 %, 812 MB of 1.9 GB, 23 MB a second, 48 s left" },
		{ 812000000, 1916000000, 3000000, "42 %, 812 MB of 1.9 GB, 3 MB a second, 6 min left" },
		{ 0, 16000000000, 1000000, "0 %, 0 bytes of 16 GB, 1 MB a second, 4 h 26 min left" },
		{ 0, 16000000000, 1, "0 %, 0 bytes of 16 GB, 1 bytes a second, days left" },
		{ 1916000000, 1916000000, 23000000, "100 %, 1.9 GB of 1.9 GB, 23 MB a second" },
		{ 20, 10, 5, "100 %, 20 bytes of 10 bytes, 5 bytes a second" },
		{ UINT64_MAX, UINT64_MAX, UINT64_MAX,
			"100 %, 18446744074 GB of 18446744074 GB, 18446744074 GB a second" },
	};

	for (size_t i = 0; i < countof(wanted); i++) {
		char text[PROGRESS_TEXT];
		assert_string_equal(progress_text(wanted[i].done, wanted[i].total, wanted[i].per_second, text),
			wanted[i].text);
	}
}

TEST(a_download_is_one_line)
{
	static const struct { const char *download, *line; bool running; } wanted[] = {
		{ "{}", "", false },
		{ "{\"state\": \"none\", \"model\": \"\"}", "", false },
		{ "{\"state\": \"cancelled\", \"model\": \"x\"}", "", false },
		{ "{\"state\": \"running\", \"stage\": \"asking\", \"model\": \"\"}",
			"asking the model for this machine", true },
		{ "{\"state\": \"running\", \"stage\": \"fetching\", \"model\": \"x\", \"bytes\": 1000, "
			"\"total\": 2000, \"per_second\": 500}",
			"fetching x: 50 %, 1 kB of 2 kB, 500 bytes a second, 2 s left", true },
		{ "{\"state\": \"running\", \"stage\": \"preparing\", \"model\": \"\", \"repository\": \"a/b\", "
			"\"share\": 0.5}",
			"preparing b: 50 %", true },
		{ "{\"state\": \"done\", \"model\": \"x\"}", "x is here", false },
		{ "{\"state\": \"failed\", \"model\": \"x\", \"error\": \"no network\"}",
			"x could not be fetched: no network", false },
	};

	for (size_t i = 0; i < countof(wanted); i++) {
		struct error err = {0};
		own_json *download = json_parse(str_of(wanted[i].download), "a test", &err);
		own_json *status = json_pack("{s:O}", "download", download);
		char line[DOWNLOAD_LINE];
		assert_int_equal(download_line(status, line), wanted[i].running);
		assert_string_equal(line, wanted[i].line);
	}
	char line[DOWNLOAD_LINE];
	assert_false(download_line(NULL, line));
	assert_string_equal(line, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(progress_says_as_much_as_is_known),
		cmocka_unit_test(a_download_is_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
