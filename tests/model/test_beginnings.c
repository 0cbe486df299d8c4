#define FOLDER "beginnings_test.tmp"
#include "model/beginnings_folder.h"

#include "base/file.h"
#include "model/beginning_file.h"

/* ---- What is kept ---- */

TEST(a_saved_beginning_is_found_after_a_restart)
{
	struct error err = {0};
	struct stat status;

	save_one(0, tokens, 200);
	own_mem char *path = only_file();
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(stat(folder, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	assert_int_equal(find_later(0, tokens, TOKENS, &err), 192);      /* whole pages */
	assert_int_equal(find_later(0, tokens, 192, &err), 192);
	assert_int_equal(find_later(0, tokens, 191, &err), 160);
	assert_int_equal(err.kind, ERROR_NONE);
}

TEST(as_much_is_taken_as_fits_of_the_file_that_has_most)
{
	struct error err = {0};
	int32_t other[TOKENS];

	save_one(0, tokens, 128);
	save_one(0, tokens, 256);
	assert_int_equal(count_files(""), 2);
	assert_int_equal(find_later(0, tokens, 300, &err), 256);
	memcpy(other, tokens, sizeof other);
	other[200] = 999999;             /* today's date */
	assert_int_equal(find_later(0, other, 300, &err), 192);
	other[BEGINNING_LEAST - 1] = 999999;
	assert_int_equal(find_later(0, other, 300, &err), 0);
	assert_int_equal(find_later(0, tokens + 1, 300, &err), 0);
}

TEST(what_is_nearly_all_on_disk_is_not_written_again)
{
	int32_t other[TOKENS];

	save_one(0, tokens, 384);
	memcpy(other, tokens, sizeof other);
	other[370] = 999999;
	save_one(0, other, 384);
	save_one(0, tokens, 200);
	assert_int_equal(count_files(""), 1);
	other[300] = 999999;
	save_one(0, other, 384);
	assert_int_equal(count_files(""), 2);
}

TEST(who_never_asks_the_same_twice_does_not_wear_the_disk_out)
{
	own_page_pool *p = new_pool();
	own_beginnings *b = beginnings_create(p, &options);

	for (int32_t i = 0; i < 20; i++) {
		tokens[0] = 1000 + i;
		own_sequence *s = computed(p, 0, tokens, 128);
		assert_true(beginnings_save(b, s, 128));
		assert_true(beginnings_flush(b, PATIENCE));
	}
	assert_int_equal(count_files(""), 8);
}

TEST(what_the_pool_has_is_not_loaded_again)
{
	own_page_pool *p = new_pool();
	struct error err = {0};

	save_one(0, tokens, 192);
	own_beginnings *b = beginnings_create(p, &options);
	assert_int_equal(beginnings_load(b, 0, tokens, TOKENS, &err), 192);
	assert_int_equal(beginnings_load(b, 0, tokens, TOKENS, &err), 0);
	page_pool_forget(p);
	assert_int_equal(beginnings_load(b, 0, tokens, TOKENS, &err), 192);
}

TEST(short_beginnings_are_not_worth_a_file)
{
	save_one(0, tokens, BEGINNING_LEAST - 1);
	assert_int_equal(count_files(""), 0);
}

TEST(worlds_models_and_kinds_of_numbers_keep_apart)
{
	const struct beginnings_options kept = options;
	struct error err = {0};

	save_one(3, tokens, 192);
	assert_int_equal(find_later(0, tokens, TOKENS, &err), 0);
	options.model = 43;
	assert_int_equal(find_later(3, tokens, TOKENS, &err), 0);
	options = kept;
	options.type = KV_I8;
	assert_int_equal(find_later(3, tokens, TOKENS, &err), 0);
	options = kept;
	own_page_pool *larger_pages = page_pool_create(2 * PAGE_BYTES, 200 * PAGE_BYTES);
	own_beginnings *b = beginnings_create(larger_pages, &options);
	assert_int_equal(beginnings_load(b, 3, tokens, TOKENS, &err), 0);
	assert_int_equal(find_later(3, tokens, TOKENS, &err), 192);
	assert_int_equal(err.kind, ERROR_NONE);
}

TEST(pages_are_held_until_they_are_written)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 8 * PAGE_BYTES);
	struct error err = {0};
	{
		own_beginnings *b = beginnings_create(p, &options);
		struct sequence *s = computed(p, 0, tokens, 192);
		assert_true(beginnings_save(b, s, 192));
		sequence_destroy(s);
		page_pool_forget(p);
		assert_int_equal(page_pool_usage(p).used, 6);
		own_sequence *other = sequence_create(p, 0);
		assert_false(sequence_reserve(other, 3 * PAGE_TOKENS, &err));
		assert_true(beginnings_flush(b, PATIENCE));
		assert_int_equal(beginnings_count(b), 1);
		assert_int_equal(page_pool_usage(p).used, 0);
		assert_true(sequence_reserve(other, 8 * PAGE_TOKENS, &err));
		sequence_truncate(other, 0);
	}
	err = (struct error){0};
	assert_int_equal(find_later(0, tokens, TOKENS, &err), 192);
}

TEST(a_pool_too_small_for_a_beginning_goes_without)
{
	own_page_pool *p = page_pool_create(PAGE_BYTES, 5 * PAGE_BYTES);
	struct error err = {0};

	save_one(0, tokens, 192);
	own_beginnings *b = beginnings_create(p, &options);
	assert_int_equal(beginnings_load(b, 0, tokens, TOKENS, &err), 0);
	assert_int_equal(err.kind, ERROR_NONE);
	assert_int_equal(page_pool_usage(p).used, 0);
}

/* ---- The limit ---- */

TEST(what_was_used_longest_ago_gives_way_to_the_limit)
{
	const struct beginnings_options kept = options;
	struct error err = {0};

	options.limit = 2 * (4096 + 128 / PAGE_TOKENS * PAGE_BYTES);
	save_one(0, tokens, 128);
	age_all(300);
	save_one(1, tokens, 128);
	age_all(200);
	assert_int_equal(find_later(0, tokens, TOKENS, &err), 128);      /* used now */
	save_one(2, tokens, 128);
	assert_int_equal(count_files(BEGINNING_SUFFIX), 2);
	assert_int_equal(find_later(1, tokens, TOKENS, &err), 0);
	assert_int_equal(find_later(0, tokens, TOKENS, &err), 128);
	assert_int_equal(find_later(2, tokens, TOKENS, &err), 128);
	options = kept;
}

/* ---- Damage ---- */

/* Whatever a file has become: it is used and right, or not used; err says what was removed. */
static void try_damaged(const char *path, struct str bytes)
{
	struct error err = {0};

	assert_ok(file_write(path, bytes, 0600, &err));
	if (find_later(0, tokens, TOKENS, &err) == 0 && err.kind == ERROR_INVALID)
		assert_int_equal(count_files(BEGINNING_SUFFIX), 0);
}

TEST(a_file_with_any_byte_changed_is_not_believed)
{
	struct error err = {0};
	size_t size, used = 0;

	save_one(0, tokens, 128);
	own_mem char *path = only_file(), *bytes = file_read(path, 1 << 20, &size, &err);
	for (size_t i = 0; i < size; i++) {
		bytes[i] ^= 1 << i % 8;
		try_damaged(path, (struct str){ bytes, size });
		used += path_is_file(path);
		bytes[i] ^= 1 << i % 8;
	}
	/* Only in the padding does nothing depend on the bytes; another version or model's are left alone. */
	const size_t head = sizeof(struct beginning_head), padding = 4096 - head - 128 * sizeof(int32_t);
	assert_int_equal(used, padding + sizeof(uint32_t));
}

TEST(a_file_cut_anywhere_is_not_believed)
{
	struct error err = {0};
	size_t size;

	save_one(0, tokens, 128);
	own_mem char *path = only_file(), *bytes = file_read(path, 1 << 20, &size, &err);
	for (size_t i = 0; i < size; i += i < 200 ? 1 : 97) {
		try_damaged(path, (struct str){ bytes, i });
		assert_int_equal(find_later(0, tokens, TOKENS, &err), 0);
	}
}

TEST(a_damaged_file_is_removed_and_named)
{
	own_page_pool *p = new_pool();
	struct error err = {0};
	size_t size;

	save_one(0, tokens, 128);
	own_mem char *path = only_file(), *bytes = file_read(path, 1 << 20, &size, &err);
	bytes[size - 1] ^= 1;
	assert_ok(file_write(path, (struct str){ bytes, size }, 0600, &err));
	own_beginnings *b = beginnings_create(p, &options);
	assert_int_equal(beginnings_count(b), 1);
	assert_int_equal(beginnings_load(b, 0, tokens, TOKENS, &err), 0);
	assert_non_null(strstr(err.text, path));
	assert_false(path_is_file(path));
	assert_int_equal(beginnings_count(b), 0);
	bytes[20] ^= 1;          /* in the head: seen at the start */
	assert_ok(file_write(path, (struct str){ bytes, size }, 0600, &err));
	own_beginnings *later = beginnings_create(p, &options);
	assert_int_equal(beginnings_count(later), 0);
	assert_true(beginnings_failed(later, &err));
	assert_false(beginnings_failed(later, &err));
	assert_false(path_is_file(path));
}

TEST(a_file_that_another_removed_is_forgotten)
{
	own_page_pool *p = new_pool();
	struct error err = {0};

	save_one(0, tokens, 128);
	own_beginnings *b = beginnings_create(p, &options);
	empty_folder();
	assert_int_equal(beginnings_load(b, 0, tokens, TOKENS, &err), 0);
	assert_int_equal(err.kind, ERROR_NONE);
	assert_int_equal(beginnings_count(b), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_folder(a_saved_beginning_is_found_after_a_restart),
		in_folder(as_much_is_taken_as_fits_of_the_file_that_has_most),
		in_folder(what_is_nearly_all_on_disk_is_not_written_again),
		in_folder(who_never_asks_the_same_twice_does_not_wear_the_disk_out),
		in_folder(what_the_pool_has_is_not_loaded_again),
		in_folder(short_beginnings_are_not_worth_a_file),
		in_folder(worlds_models_and_kinds_of_numbers_keep_apart),
		in_folder(pages_are_held_until_they_are_written),
		in_folder(a_pool_too_small_for_a_beginning_goes_without),
		in_folder(what_was_used_longest_ago_gives_way_to_the_limit),
		in_folder(a_file_with_any_byte_changed_is_not_believed),
		in_folder(a_file_cut_anywhere_is_not_believed),
		in_folder(a_damaged_file_is_removed_and_named),
		in_folder(a_file_that_another_removed_is_forgotten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
