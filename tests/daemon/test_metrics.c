#include "daemon/metrics.h"

#include "support/test.h"

static void expect_line(const struct metrics *m, const char *line)
{
	own_buf page = BUF_INIT(1 << 16);
	struct metric_gauges gauges = { .active = 2, .waiting = 1, .model_state = 2, .uptime_s = 9 };

	metrics_write(m, &gauges, &page);
	if (!strstr(page.data, line))
		fail_msg("'%s' is not in\n%s", line, page.data);
}

TEST(answers_are_counted_by_source_and_result)
{
	struct metrics m = {0};

	metrics_answer(&m, METRIC_LOCAL, METRIC_ANSWERED, (struct usage){ 10, 4, 7 });
	metrics_answer(&m, METRIC_LOCAL, METRIC_ANSWERED, (struct usage){ 1, 0, 2 });
	expect_line(&m, "shammah_answers_total{source=\"local\",result=\"answered\"} 2\n");
	expect_line(&m, "shammah_answers_total{source=\"teacher\",result=\"failed\"} 0\n");
	expect_line(&m, "shammah_prompt_tokens_total 11\n");
	expect_line(&m, "shammah_cached_tokens_total 4\n");
	expect_line(&m, "shammah_completion_tokens_total 9\n");
}

TEST(a_histograms_buckets_are_cumulative)
{
	struct metrics m = {0};

	metrics_first_token(&m, 500000);
	metrics_first_token(&m, 60000000);
	metrics_first_token(&m, 60000000000);
	expect_line(&m, "first_token_seconds_bucket{le=\"0.001\"} 1\n");
	expect_line(&m, "first_token_seconds_bucket{le=\"0.05\"} 1\n");
	expect_line(&m, "first_token_seconds_bucket{le=\"0.1\"} 2\n");
	expect_line(&m, "first_token_seconds_bucket{le=\"30\"} 2\n");
	expect_line(&m, "first_token_seconds_bucket{le=\"+Inf\"} 3\n");
	expect_line(&m, "first_token_seconds_count 3\n");
	expect_line(&m, "first_token_seconds_sum 60.060500000\n");
}

TEST(statuses_are_counted_by_class)
{
	struct metrics m = {0};

	metrics_http(&m, 200);
	metrics_http(&m, 404);
	metrics_http(&m, 0);
	expect_line(&m, "shammah_http_requests_total{status=\"2xx\"} 1\n");
	expect_line(&m, "shammah_http_requests_total{status=\"4xx\"} 1\n");
}

/* Every sample line has a HELP and a TYPE line before it. */
TEST(the_page_is_well_formed)
{
	struct metrics m = {0};
	own_buf page = BUF_INIT(1 << 16);
	char family[64] = "";

	metrics_write(&m, &(struct metric_gauges){0}, &page);
	for (struct str rest = buf_str(&page), line; str_split(&rest, '\n', &line) && line.n; ) {
		if (str_starts(line, str_of("# TYPE "))) {
			size_t n = (size_t)((char *)memchr(line.p + 7, ' ', line.n - 7) - (line.p + 7));
			assert_true(n < sizeof family);
			memcpy(family, line.p + 7, n);
			family[n] = '\0';
		} else if (!str_starts(line, str_of("# HELP "))) {
			assert_true(*family && str_starts(line, str_of(family)));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_counted_by_source_and_result),
		cmocka_unit_test(a_histograms_buckets_are_cumulative),
		cmocka_unit_test(statuses_are_counted_by_class),
		cmocka_unit_test(the_page_is_well_formed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
