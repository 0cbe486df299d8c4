#include "text/vocab_build.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "support/random.h"
#include "support/test.h"
#include "support/tiny_tokenizer.h"
#include "text/vocab_cache.h"

static void expect_refused_json(const char *json, const char *why)
{
	struct error err = {0};
	own_mem void *block = vocab_build(str_of(json), &err);

	assert_null(block);
	if (!strstr(err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

static void expect_refused(struct tiny_tokenizer options, const char *why)
{
	own_mem char *json = tiny_tokenizer(&options);

	expect_refused_json(json, why);
}

/* The tiny file with one text in it replaced by another. */
static char *changed(const char *from, const char *to)
{
	own_mem char *json = tiny_tokenizer(&(struct tiny_tokenizer){0});
	const char *at = strstr(json, from);

	assert_non_null(at);
	return mem_printf("%.*s%s%s", (int)(at - json), json, to, at + strlen(from));
}

static void expect_change_refused(const char *from, const char *to, const char *why)
{
	own_mem char *json = changed(from, to);

	expect_refused_json(json, why);
}

TEST(steps_we_do_not_know_are_refused_by_name)
{
	expect_refused((struct tiny_tokenizer){ .normalizer = "{\"type\":\"Lowercase\"}" },
		"normalizer Lowercase is not supported");
	expect_refused((struct tiny_tokenizer){ .pre_tokenizer = "{\"type\":\"Metaspace\"}" },
		"Metaspace with");
	expect_refused((struct tiny_tokenizer){ .pre_tokenizer = "{\"type\":\"Digits\"}" }, "without ByteLevel");
	expect_refused((struct tiny_tokenizer){ .pre_tokenizer = "null" }, "without ByteLevel");
	expect_refused((struct tiny_tokenizer){ .pre_tokenizer =
		"{\"type\":\"Split\",\"pattern\":{\"String\":\"x\"},\"behavior\":\"MergedWithNext\"}" },
		"Split behavior MergedWithNext");
	expect_refused((struct tiny_tokenizer){ .decoder = "{\"type\":\"WordPiece\"}" }, "decoder WordPiece");
	expect_refused((struct tiny_tokenizer){ .model = "{\"type\":\"Unigram\"}" }, "model Unigram");
	expect_refused((struct tiny_tokenizer){ .model = "{\"byte_fallback\":true}" }, "ByteLevel with byte_fallback");
	expect_refused((struct tiny_tokenizer){ .model = "{\"dropout\":0.5}" }, "dropout");
}

TEST(files_that_contradict_themselves_are_refused)
{
	expect_change_refused("\"he\": 256", "\"he\": 0", "id 0 is there twice");
	expect_change_refused("\"he\": 256", "\"he\": -1", "id -1 is out of range");
	expect_change_refused("\"he\": 256", "\"he\": 99999999999", "out of range");
	expect_change_refused("\"he\": 256", "\"he\": 400.5", "not as expected");
	expect_change_refused("\"he\": 256", "\"HE\": 256", "not of ordinary tokens");
	expect_change_refused("\"he\": 256", "\"h\": 256", "is there twice");
	expect_change_refused("\"h e\"", "\"he\"", "merges: not as expected");
	expect_change_refused("\"h e\"", "[\"h\"]", "merges: not as expected");
	expect_change_refused("\"h e\"", "{}", "merges: not as expected");
	expect_change_refused("\"x\": ", "\"xxxx\": ", "no ordinary token for byte 0x78");
	expect_change_refused("\"id\": 269", "\"id\": 5", "disagrees with the vocabulary");
	expect_change_refused("\"id\": 269", "\"id\": 270", "disagrees with the vocabulary");
	expect_change_refused("\"id\": 269", "\"id\": \"x\"", "no id");
	expect_change_refused("\"<|im_start|>\"", "\"hello\"", "disagrees with the vocabulary");
	expect_change_refused("\"<|im_start|>\"", "7", "no short text");
}

TEST(a_control_token_that_merges_could_make_is_refused)
{
	own_mem char *json = changed("\"id\": 269,\n   \"content\": \"<|im_start|>\"",
		"\"id\": 261,\n   \"content\": \"hello\"");

	expect_refused_json(json, "not of ordinary tokens");
}

TEST(every_beginning_of_a_file_is_refused)
{
	own_mem char *json = tiny_tokenizer(&(struct tiny_tokenizer){0});
	size_t n = strlen(json);

	while (json[n - 1] != '}')
		n--;
	for (size_t cut = 0; cut < n; cut += cut < 200 || n - cut < 200 ? 1 : 13) {
		struct error err = {0};
		own_mem void *block = vocab_build((struct str){ json, cut }, &err);
		assert_null(block);
		assert_int_equal(err.kind, ERROR_INVALID);
	}
}

TEST(a_damaged_block_is_refused_and_never_followed)
{
	own_mem char *json = tiny_tokenizer(&(struct tiny_tokenizer){0});
	struct error err = {0};
	own_mem char *block = vocab_build(str_of(json), &err);
	size_t size = ((struct vocab_head *)block)->size;
	struct vocab v;
	uint64_t seed = 9;

	assert_ok(vocab_view(&v, block, size, &err));
	for (size_t cut = 0; cut < size; cut += 97)
		assert_false(vocab_view(&v, block, cut, &err));
	for (int i = 0; i < 2000; i++) {
		size_t at = random_below(&seed, (uint32_t)size);
		char old = block[at];
		block[at] ^= (char)(1u << random_below(&seed, 8));
		assert_false(vocab_view(&v, block, size, &err));
		/* With the digest made good again it may pass, but then a search must end and stay inside. */
		((struct vocab_head *)block)->digest = vocab_digest(block, size);
		if (vocab_view(&v, block, size, &err)) {
			(void)vocab_word(&v, str_of("hello"));
			(void)vocab_rank(&v, 104, 101);
			(void)vocab_added(&v, str_of("<|im_end|>"));
		}
		block[at] = old;
		((struct vocab_head *)block)->digest = vocab_digest(block, size);
		assert_ok(vocab_view(&v, block, size, &err));
	}
}

struct folder {
	char path[32];
	char *tokenizer, *cache;
};

static void folder_init(struct folder *f)
{
	strcpy(f->path, "/tmp/shammah-vocab-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	assert_true(tiny_tokenizer_save(f->path));
	f->tokenizer = path_join(f->path, "tokenizer.json");
	f->cache = path_join(f->path, "cache");
}

static void folder_done(struct folder *f)
{
	own_mem char *command = mem_printf("rm -rf '%s'", f->path);

	assert_int_equal(system(command), 0);
	free(f->tokenizer);
	free(f->cache);
}

/* Loads and says whether the block came from the cache. */
static bool comes_from_cache(const struct folder *f)
{
	struct error err = {0};
	struct vocab v;
	struct vocab_memory m;

	assert_ok(vocab_load(&v, &m, f->tokenizer, f->cache, &err));
	assert_true(vocab_word(&v, str_of("hello")) >= 0);
	bool mapped = m.file.len > 0;
	vocab_memory_done(&m);
	return mapped;
}

static char *cache_file(const struct folder *f)
{
	own_mem char *command = mem_printf("ls %s", f->cache);
	char name[100] = "";
	FILE *list = popen(command, "r");

	assert_non_null(fgets(name, sizeof name, list));
	pclose(list);
	name[strcspn(name, "\n")] = '\0';
	return path_join(f->cache, name);
}

TEST(the_second_load_comes_from_the_cache)
{
	struct folder f;

	folder_init(&f);
	assert_false(comes_from_cache(&f));
	assert_true(comes_from_cache(&f));
	folder_done(&f);
}

TEST(a_changed_tokenizer_makes_the_cache_stale)
{
	struct folder f;
	struct error err = {0};

	folder_init(&f);
	assert_false(comes_from_cache(&f));
	own_mem char *json = changed("<|im_end|>", "<|im_done|>");
	assert_ok(file_write(f.tokenizer, str_of(json), 0600, &err));
	assert_false(comes_from_cache(&f));
	folder_done(&f);
}

TEST(a_hostile_cache_is_built_anew)
{
	struct folder f;
	struct error err = {0};
	size_t size;

	folder_init(&f);
	assert_false(comes_from_cache(&f));
	own_mem char *path = cache_file(&f);
	own_mem char *good = file_read(path, 1 << 24, &size, &err);
	for (size_t at = 0; at < size; at += size / 17) {
		good[at] ^= 0x40;
		assert_ok(file_write(path, (struct str){ good, size }, 0600, &err));
		good[at] ^= 0x40;
		assert_false(comes_from_cache(&f));
		assert_true(comes_from_cache(&f));
	}
	assert_ok(file_write(path, (struct str){ good, size / 2 }, 0600, &err));
	assert_false(comes_from_cache(&f));
	assert_ok(file_write(path, (struct str){0}, 0600, &err));
	assert_false(comes_from_cache(&f));
	folder_done(&f);
}

TEST(a_cache_that_cannot_be_written_is_done_without)
{
	struct folder f;
	struct error err = {0};

	folder_init(&f);
	assert_ok(file_write(f.cache, str_of("a file is in the way"), 0600, &err));
	assert_false(comes_from_cache(&f));
	assert_false(comes_from_cache(&f));
	folder_done(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steps_we_do_not_know_are_refused_by_name),
		cmocka_unit_test(files_that_contradict_themselves_are_refused),
		cmocka_unit_test(a_control_token_that_merges_could_make_is_refused),
		cmocka_unit_test(every_beginning_of_a_file_is_refused),
		cmocka_unit_test(a_damaged_block_is_refused_and_never_followed),
		cmocka_unit_test(the_second_load_comes_from_the_cache),
		cmocka_unit_test(a_changed_tokenizer_makes_the_cache_stale),
		cmocka_unit_test(a_hostile_cache_is_built_anew),
		cmocka_unit_test(a_cache_that_cannot_be_written_is_done_without),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
