#include "hub/hub.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "support/test.h"

static char home[64];
static struct error err;

static int start(void **state)
{
	static const char *const names[] = { "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_ENDPOINT",
		"HF_TOKEN",
		"HF_TOKEN_PATH", "HUGGING_FACE_HUB_TOKEN", "XDG_CACHE_HOME", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE",
		"HF_HUB_DOWNLOAD_TIMEOUT", "HF_HUB_ETAG_TIMEOUT", "HF_HUB_DISABLE_IMPLICIT_TOKEN", "NOWHERE" };

	(void)state;
	for (size_t i = 0; i < countof(names); i++)
		unsetenv(names[i]);
	snprintf(home, sizeof home, "/tmp/hub-env-XXXXXX");
	if (!mkdtemp(home))
		return -1;
	return setenv("HOME", home, 1);
}

static int end(void **state)
{
	own_mem char *command = mem_printf("rm -rf %s", home);

	(void)state;
	return system(command);
}

static void assert_in_home(const char *path, const char *rest)
{
	assert_memory_equal(path, home, strlen(home));
	assert_string_equal(path + strlen(home), rest);
}

static void write_file(const char *rest, const char *text)
{
	own_mem char *path = path_join(home, rest), *folder = mem_strndup(path, (size_t)(path_base(path) - path - 1));

	assert_ok(path_make(folder, 0700, &err));
	assert_ok(file_write(path, str_of(text), 0600, &err));
}

TEST(without_variables_everything_is_as_the_python_client_has_it)
{
	own_hub hub = { 0 };

	assert_ok(hub_init(&hub, &err));
	assert_string_equal(hub.endpoint, "https://huggingface.co");
	assert_in_home(hub.cache, "/.cache/huggingface/hub");
	assert_in_home(hub.token_path, "/.cache/huggingface/token");
	assert_null(hub.token);
	assert_false(hub.offline);
	assert_int_equal(hub.answer_ms, 10000);
	assert_int_equal(hub.silence_ms, 10000);
}

TEST(the_cache_is_where_the_most_special_variable_says)
{
	own_hub xdg = { 0 }, hf = { 0 }, old = { 0 }, new = { 0 };

	setenv("XDG_CACHE_HOME", "/x", 1);
	assert_ok(hub_init(&xdg, &err));
	assert_string_equal(xdg.cache, "/x/huggingface/hub");
	setenv("HF_HOME", "~/hf", 1);
	assert_ok(hub_init(&hf, &err));
	assert_in_home(hf.cache, "/hf/hub");
	assert_in_home(hf.token_path, "/hf/token");
	setenv("HUGGINGFACE_HUB_CACHE", "/old", 1);
	assert_ok(hub_init(&old, &err));
	assert_string_equal(old.cache, "/old");
	setenv("HF_HUB_CACHE", "$HOME/new/${NOWHERE}/$/${", 1);
	assert_ok(hub_init(&new, &err));
	assert_in_home(new.cache, "/new/${NOWHERE}/$/${");
}

TEST(a_token_comes_from_the_environment_before_the_file)
{
	own_hub file = { 0 }, old = { 0 }, new = { 0 }, none = { 0 };

	write_file(".cache/huggingface/token", "  hf_file\r\n");
	assert_ok(hub_init(&file, &err));
	assert_string_equal(file.token, "hf_file");
	setenv("HUGGING_FACE_HUB_TOKEN", "hf_old\n", 1);
	assert_ok(hub_init(&old, &err));
	assert_string_equal(old.token, "hf_old");
	setenv("HF_TOKEN", "hf_new", 1);
	assert_ok(hub_init(&new, &err));
	assert_string_equal(new.token, "hf_new");
	setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "true", 1);
	assert_ok(hub_init(&none, &err));
	assert_null(none.token);
}

TEST(a_token_file_of_another_place_is_read)
{
	own_hub hub = { 0 };

	write_file("elsewhere/secret", "hf_x");
	setenv("HF_TOKEN_PATH", "~/elsewhere/secret", 1);
	assert_ok(hub_init(&hub, &err));
	assert_string_equal(hub.token, "hf_x");
}

TEST(a_token_file_too_large_is_an_error_without_its_text)
{
	own_mem char *text = mem_printf("hf_secret%05000d", 0);
	own_hub hub = { 0 };

	write_file(".cache/huggingface/token", text);
	assert_false(hub_init(&hub, &err));
	assert_non_null(strstr(err.text, "token"));
	assert_null(strstr(err.text, "hf_secret"));
}

TEST(endpoint_and_switches_are_read)
{
	own_hub hub = { 0 }, transformers = { 0 };

	setenv("HF_ENDPOINT", "https://mirror.example/hf//", 1);
	setenv("HF_HUB_OFFLINE", "yes", 1);
	setenv("HF_HUB_ETAG_TIMEOUT", "3", 1);
	setenv("HF_HUB_DOWNLOAD_TIMEOUT", "0", 1);
	assert_ok(hub_init(&hub, &err));
	assert_string_equal(hub.endpoint, "https://mirror.example/hf");
	assert_true(hub.offline);
	assert_int_equal(hub.answer_ms, 3000);
	assert_int_equal(hub.silence_ms, 10000);
	setenv("HF_HUB_OFFLINE", "", 1);
	setenv("TRANSFORMERS_OFFLINE", "1", 1);
	assert_ok(hub_init(&transformers, &err));
	assert_true(transformers.offline);
}

TEST(a_number_that_is_none_is_an_error_that_names_the_variable)
{
	own_hub hub = { 0 };

	setenv("HF_HUB_ETAG_TIMEOUT", "soon", 1);
	assert_false(hub_init(&hub, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_non_null(strstr(err.text, "HF_HUB_ETAG_TIMEOUT"));
}

#define WITH_HOME(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HOME(without_variables_everything_is_as_the_python_client_has_it),
		WITH_HOME(the_cache_is_where_the_most_special_variable_says),
		WITH_HOME(a_token_comes_from_the_environment_before_the_file),
		WITH_HOME(a_token_file_of_another_place_is_read),
		WITH_HOME(a_token_file_too_large_is_an_error_without_its_text),
		WITH_HOME(endpoint_and_switches_are_read),
		WITH_HOME(a_number_that_is_none_is_an_error_that_names_the_variable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
