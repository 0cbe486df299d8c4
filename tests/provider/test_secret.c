#include "provider/secret.h"

#include "support/random.h"
#include "support/test.h"

static void assert_hidden(const char *said, const char *secret, const char *shown)
{
	char text[400];

	snprintf(text, sizeof text, "%s", said);
	secret_hide(text, secret);
	assert_string_equal(text, shown);
}

TEST(a_secret_is_hidden_wherever_it_stands)
{
	assert_hidden("sk-secret-1", "sk-secret-1", "***********");
	assert_hidden("a sk-secret-1b, sk-secret-1sk-secret-1", "sk-secret-1",
		"a ***********b, **********************");
	assert_hidden("sk-secret-2", "sk-secret-1", "sk-secret-2");
	assert_hidden("nothing", NULL, "nothing");
	assert_hidden("nothing", "", "nothing");
}

TEST(a_secret_is_hidden_as_json_urls_and_pages_spell_it)
{
	assert_hidden("a \\u0073k-secret-1 b", "sk-secret-1", "a **************** b");
	assert_hidden("key=ab%2Bcd%2fef%3D%3D.", "ab+cd/ef==", "key=******************.");
	assert_hidden("ab+cd\\/ef==", "ab+cd/ef==", "***********");
	assert_hidden("\"ab\\\"cd\\\\ef\"", "ab\"cd\\ef", "\"**********\"");
	assert_hidden("ab&lt;cd&amp;efg&#39;", "ab<cd&efg'", "*********************");
}

TEST(the_beginning_of_a_secret_is_hidden_where_the_text_ends)
{
	assert_hidden("bad key sk-secr", "sk-secret-1", "bad key *******");
	assert_hidden("bad key sk-", "sk-secret-1", "bad key sk-");
	assert_hidden("bad key sk-secr.", "sk-secret-1", "bad key sk-secr.");
}

TEST(a_secret_of_few_letters_counts_only_alone)
{
	assert_hidden("bad key: x (xx)", "x", "bad key: * (xx)");
	assert_hidden("no key none, nonesuch", "none", "no key ****, nonesuch");
}

TEST(a_secret_of_stars_ends)
{
	assert_hidden("no *** key, ********", "***", "no *** key, ********");
	assert_hidden("no ********* key", "********", "no ********* key");
}

TEST(what_is_hidden_is_found_in_no_text)
{
	uint64_t seed = 1;
	static const char letters[] = "ab\\%&\"";

	for (int round = 0; round < 20000; round++) {
		char text[40] = "", secret[12] = "";
		for (size_t i = 0; i < sizeof text - 1; i++)
			text[i] = letters[random_below(&seed, sizeof letters - 1)];
		for (size_t i = 0; i < SECRET_LONG; i++)
			secret[i] = letters[random_below(&seed, sizeof letters - 1)];
		memcpy(text + random_below(&seed, 30), secret, SECRET_LONG);
		secret_hide(text, secret);
		assert_int_equal(strlen(text), sizeof text - 1);
		assert_null(strstr(text, secret));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_is_hidden_wherever_it_stands),
		cmocka_unit_test(a_secret_is_hidden_as_json_urls_and_pages_spell_it),
		cmocka_unit_test(the_beginning_of_a_secret_is_hidden_where_the_text_ends),
		cmocka_unit_test(a_secret_of_few_letters_counts_only_alone),
		cmocka_unit_test(a_secret_of_stars_ends),
		cmocka_unit_test(what_is_hidden_is_found_in_no_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
