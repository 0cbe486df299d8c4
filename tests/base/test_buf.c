#include "base/buf.h"

#include "support/test.h"

TEST(starts_as_an_empty_string)
{
	own_buf b = BUF_INIT(8);

	assert_string_equal(b.data, "");
}

TEST(refuses_to_grow_past_its_limit)
{
	own_buf b = BUF_INIT(4);
	struct error err = {0};

	assert_true(buf_add(&b, "1234", 4, &err));
	assert_false(buf_add(&b, "5", 1, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
	assert_string_equal(err.text, "more than 4 bytes");
	assert_string_equal(b.data, "1234");
}

TEST(formats_at_any_length)
{
	own_buf b = BUF_INIT(1 << 16);
	struct error err = {0};

	for (int width = 0; width < 300; width += 7) {
		buf_clear(&b);
		assert_ok(buf_addf(&b, &err, "%*s|%d", width, "", width));
		assert_int_equal(b.len, strlen(b.data));
		assert_int_equal(b.data[width], '|');
	}
}

TEST(consumed_bytes_go_and_the_rest_stays)
{
	own_buf b = BUF_INIT(16);

	buf_put(&b, "hello world");
	buf_consume(&b, 6);
	assert_string_equal(b.data, "world");
	buf_truncate(&b, 3);
	assert_string_equal(b.data, "wor");
	buf_consume(&b, 3);
	assert_string_equal(b.data, "");
}

TEST(detached_bytes_belong_to_the_caller)
{
	own_buf b = BUF_INIT(8);
	size_t n;

	buf_put(&b, "abc");
	own_mem char *bytes = buf_detach(&b, &n);
	assert_int_equal(n, 3);
	assert_string_equal(bytes, "abc");
	assert_string_equal(b.data, "");
	own_mem char *nothing = buf_detach(&b, &n);
	assert_string_equal(nothing, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starts_as_an_empty_string),
		cmocka_unit_test(refuses_to_grow_past_its_limit),
		cmocka_unit_test(formats_at_any_length),
		cmocka_unit_test(consumed_bytes_go_and_the_rest_stays),
		cmocka_unit_test(detached_bytes_belong_to_the_caller),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
