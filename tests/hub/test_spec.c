#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "hub/spec.h"
#include "support/test.h"

#define COMMIT "0123456789abcdef0123456789abcdef01234567"

static char *root;

static void put(const char *path, const char *text)
{
	own_mem char *full = path_join(root, path);
	own_mem char *folder = mem_strdup(full);
	struct error err = {0};

	*strrchr(folder, '/') = '\0';
	assert_ok(path_make(folder, 0755, &err));
	assert_ok(file_write(full, str_of(text), 0644, &err));
}

/* As it lies in the cache of the Python client. */
static void put_model(const char *folder, const char *graph)
{
	static const char *const names[] = { "config.json", "tokenizer.json", "tokenizer_config.json" };
	own_mem char *ref = mem_printf("hub/%s/refs/main", folder),
		*weights = mem_printf("hub/%s/snapshots/" COMMIT "/%s", folder, graph);

	put(ref, COMMIT);
	put(weights, "graph");
	for (size_t i = 0; i < countof(names); i++) {
		own_mem char *path = mem_printf("hub/%s/snapshots/" COMMIT "/%s", folder, names[i]);
		put(path, "{}");
	}
}

static int begin(void **state)
{
	char name[] = "/tmp/shammah-spec-XXXXXX";

	(void)state;
	root = mem_strdup(mkdtemp(name));
	return 0;
}

static int end(void **state)
{
	own_mem char *command = mem_printf("rm -rf %s", root);

	(void)state;
	free(take(root));
	return system(command);
}

static struct model_spec parsed(const char *text)
{
	struct model_spec s;
	struct error err = {0};

	if (!spec_parse(&s, text, &err))
		fail_msg("%s", err.text);
	return s;
}

TEST(a_name_a_repository_or_a_folder_is_meant)
{
	own_model_spec known = parsed("Qwen2.5-Coder-1.5B"), revised = parsed("qwen3-0.6b@v2"),
		repo = parsed("owner/name");
	own_model_spec both = parsed("owner/name@refs/pr/1"), folder = parsed("/"),
		published = parsed("onnx-community/Qwen3-0.6B-ONNX");

	assert_string_equal(known.model->name, "qwen2.5-coder-1.5b");
	assert_string_equal(spec_name(&known), "qwen2.5-coder-1.5b");
	assert_string_equal(revised.revision, "v2");
	assert_string_equal(repo.repo, "owner/name");
	assert_null(repo.revision);
	assert_string_equal(both.revision, "refs/pr/1");
	assert_string_equal(folder.folder, "/");
	assert_string_equal(published.repo, "onnx-community/Qwen3-0.6B-ONNX");
	assert_string_equal(spec_repository(&known, 0), "onnx-community/Qwen2.5-Coder-1.5B-Instruct");
	assert_null(spec_repository(&known, 1));
	assert_string_equal(spec_repository(&repo, 0), "owner/name");
	assert_null(spec_repository(&repo, 1));
	assert_null(spec_repository(&folder, 0));
}

TEST(what_is_none_of_them_is_refused)
{
	static const struct { const char *text; enum error_kind kind; const char *part; } wrong[] = {
		{ "no-such-model", ERROR_INVALID, "there is no model no-such-model" },
		{ "", ERROR_INVALID, "there is no model" },
		{ "a/b/c", ERROR_INVALID, "OWNER/NAME" }, { "../../etc", ERROR_NOT_FOUND, "the model folder" },
		{ "/no/such/folder", ERROR_NOT_FOUND, "the model folder /no/such/folder" },
		{ "owner/na..me", ERROR_INVALID, "" },
		{ "owner/name@../x", ERROR_INVALID, "" }, { "owner/name@", ERROR_INVALID, "" },
		{ "@main", ERROR_INVALID, "" },
	};

	for (size_t i = 0; i < countof(wrong); i++) {
		own_model_spec s = {0};
		struct error err = {0};
		if (spec_parse(&s, wrong[i].text, &err))
			fail_msg("accepted: %s", wrong[i].text);
		if (err.kind != wrong[i].kind || !strstr(err.text, wrong[i].part))
			fail_msg("%s: %d %s", wrong[i].text, err.kind, err.text);
	}
}

TEST(a_folder_that_exists_is_meant_by_its_name_alone)
{
	own_mem char *here = getcwd(NULL, 0), *full = path_join(root, "my-model");

	put("my-model/config.json", "{}");
	assert_int_equal(chdir(root), 0);
	own_model_spec s = parsed("my-model");
	assert_string_equal(s.folder, full);
	assert_int_equal(chdir(here), 0);
}

TEST(a_model_is_found_where_either_client_put_it)
{
	own_mem char *cache = path_join(root, "hub"),
		*wanted = path_join(root, "hub/models--owner--name/snapshots/" COMMIT);
	struct hub hub = { .cache = cache };
	struct error err = {0};
	own_model_spec s = parsed("owner/name");

	put_model("models--owner--name", "onnx/model_fp16.onnx");
	own_mem char *found = spec_find(&hub, &s, NULL, NULL, &err);
	assert_non_null(found);
	assert_string_equal(found, wanted);
	own_mem char *exact = spec_find(&hub, &s, "fp16", NULL, &err);
	assert_non_null(exact);
	assert_null(spec_find(&hub, &s, "q4", NULL, &err));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_non_null(strstr(err.text, "in precision q4; `shammah models pull owner/name` fetches it"));
}

TEST(a_model_without_all_its_files_is_not_there)
{
	own_mem char *cache = path_join(root, "hub"),
		*missing = path_join(root, "hub/models--owner--name/snapshots/" COMMIT "/tokenizer.json");
	struct hub hub = { .cache = cache };
	struct error err = {0};
	own_model_spec s = parsed("owner/name"), known = parsed("qwen3-0.6b");

	put_model("models--owner--name", "model_q4.onnx");
	assert_int_equal(unlink(missing), 0);
	assert_null(spec_find(&hub, &s, NULL, NULL, &err));
	assert_null(spec_find(&hub, &known, NULL, NULL, &err));
	assert_non_null(strstr(err.text, "qwen3-0.6b"));
}

#define WITH_A_CACHE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_a_repository_or_a_folder_is_meant),
		cmocka_unit_test(what_is_none_of_them_is_refused),
		WITH_A_CACHE(a_folder_that_exists_is_meant_by_its_name_alone),
		WITH_A_CACHE(a_model_is_found_where_either_client_put_it),
		WITH_A_CACHE(a_model_without_all_its_files_is_not_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
