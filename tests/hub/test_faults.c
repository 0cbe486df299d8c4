/* What goes wrong with a download, and what comes of it. */
#include "faults.h"

#include <sys/file.h>

#include "support/random.h"

static enum fake_ask broken;
static size_t cut_at;
static unsigned times;

/* Cuts: at every byte of an answer's head, at its first, middle and last byte. */

FAULT(cut_once)
{
	if (ask == broken && nth == 0)
		reply->cut = cut_at;
	return false;
}

static void cut_everywhere(enum fake_ask ask, size_t step, size_t most)
{
	fake.fault = cut_once;
	broken = ask;
	for (cut_at = 1; cut_at < most; cut_at += step) {
		begin_again();
		assert_downloads();
	}
}

TEST(a_listing_cut_anywhere_is_asked_for_again) { cut_everywhere(FAKE_INFO, 37, 700); }
TEST(a_head_cut_anywhere_is_asked_for_again) { cut_everywhere(FAKE_HEAD, 13, 300); }
TEST(a_small_file_cut_anywhere_comes_whole) { cut_everywhere(FAKE_GET, 9, 180); }
TEST(a_range_cut_anywhere_comes_whole) { cut_everywhere(FAKE_BYTES, 5, 290); }

FAULT(cut_always)
{
	if (ask == FAKE_BYTES)
		reply->cut = 200;
	return false;
}

TEST(cuts_that_leave_a_little_each_time_do_not_end_the_download)
{
	fake.fault = cut_always;   /* the head has about 180 bytes */
	hub.piece = 8;
	assert_downloads();
	assert_true(fake.asked[FAKE_BYTES] > hub.tries);
}

FAULT(cut_heads)
{
	if (ask == FAKE_BYTES)
		reply->cut = 20;
	return false;
}

TEST(cuts_without_progress_end_it_after_some_tries)
{
	fake.fault = cut_heads;
	assert_download_fails(ERROR_UNAVAILABLE, "127.0.0.1");
	assert_int_equal(fake.asked[FAKE_BYTES], hub.tries);
	assert_nothing_half_is_taken_for_whole();
}

/* What has come is not asked for again: by the bytes that the server sent. */

FAULT(fail_after)
{
	if (ask != FAKE_BYTES || nth < times)
		return false;
	reply->status = 403;
	return true;
}

TEST(a_download_goes_on_where_it_ended)
{
	fake.fault = fail_after;
	times = 4;
	assert_download_fails(ERROR_DENIED, "denies access");
	assert_nothing_half_is_taken_for_whole();
	assert_int_equal(fake.bytes_sent, 4 * hub.span);
	fake.fault = NULL;
	assert_downloads();
	assert_int_equal(fake.bytes_sent, 600);
}

TEST(a_piece_that_has_changed_on_the_disk_is_asked_for_again)
{
	fake.fault = fail_after;
	times = 4;
	assert_download_fails(ERROR_DENIED, "denies access");
	own_mem char *path =
		mem_printf("%s/" REPO "/blobs/%s.parts.incomplete", hub.cache, blob_name(large_text, true));
	own_fd fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, "#", 1, 20), 1);
	fake.fault = NULL;
	assert_downloads();
	assert_int_equal(fake.bytes_sent, 600 + hub.piece);
}

TEST(a_journal_that_is_damaged_costs_bytes_and_nothing_else)
{
	uint64_t seed = 7;

	own_mem char *path =
		mem_printf("%s/" REPO "/blobs/%s.parts.incomplete", hub.cache, blob_name(large_text, true));
	for (int round = 0; round < 25; round++) {
		begin_again();
		fake.fault = fail_after;
		times = 1 + random_below(&seed, 8);
		assert_download_fails(ERROR_DENIED, "denies access");
		own_fd fd = open(path, O_RDWR);
		off_t end = lseek(fd, 0, SEEK_END);
		if (random_below(&seed, 3) == 0)
			assert_int_equal(ftruncate(fd, random_below(&seed, (uint32_t)end)), 0);
		for (int i = 0; i < 4; i++)
			assert_int_equal(pwrite(fd, "\x55", 1, random_below(&seed, (uint32_t)end)), 1);
		fake.fault = NULL;
		assert_downloads();
	}
}

TEST(what_the_python_client_began_goes_on)
{
	own_mem char *begun = mem_printf(REPO "/blobs/%s.incomplete", blob_name(large_text, true));
	own_mem char *half = mem_strndup(large_text, 330);

	cache_put(begun, half);
	assert_downloads();
	assert_int_equal(fake.bytes_sent, 600 - 330 / hub.piece * hub.piece);
	assert_false(cache_holds(begun));
}

TEST(a_beginning_that_was_damaged_is_thrown_away)
{
	own_mem char *begun = mem_printf(REPO "/blobs/%s.incomplete", blob_name(large_text, true));
	own_mem char *half = mem_strndup(large_text, 330);

	half[3] = '#';
	cache_put(begun, half);
	assert_downloads();
	assert_true(fake.bytes_sent >= 600 + 600 - 330);
}

TEST(what_is_left_of_a_download_goes_when_the_file_comes_otherwise)
{
	own_mem char *partial = mem_printf(REPO "/blobs/%s.parts.incomplete", blob_name(large_text, true));

	fake.fault = fail_after;
	times = 4;
	assert_download_fails(ERROR_DENIED, "denies access");
	assert_true(cache_holds(partial));
	python_puts(REPO, FAKE_COMMIT, "another.onnx", large_text, true);
	assert_downloads();
	assert_false(cache_holds(partial));
}

TEST(a_blob_of_the_wrong_size_is_replaced)
{
	own_mem char *blob = mem_printf(REPO "/blobs/%s", blob_name(large_text, true));

	cache_put(blob, "short");
	assert_downloads();
}

/* Hashes. */

FAULT(change_a_byte)
{
	if (ask != FAKE_BYTES)
		return false;
	buf_putf(storage, "Content-Range: bytes %zu-%zu/600\r\n", (size_t)(nth * 64),
		(size_t)(nth < 9 ? nth * 64 + 63 : 599));
	size_t at = storage->len + 1;
	if (!buf_add(storage, "", 1, &err) || !buf_add(storage, large_text + nth * 64, nth < 9 ? 64 : 24, &err))
		return true;
	storage->data[at] ^= 1;
	*reply = (struct scripted_reply){ .status = 206, .headers = storage->data, .body = storage->data + at };
	return true;
}

TEST(bytes_that_are_not_what_the_hub_says_are_thrown_away)
{
	own_mem char *partial = mem_printf(REPO "/blobs/%s.parts.incomplete", blob_name(large_text, true));

	fake.fault = change_a_byte;
	assert_download_fails(ERROR_UNAVAILABLE, "onnx/model.onnx of a/b arrived damaged");
	assert_nothing_half_is_taken_for_whole();
	assert_false(cache_holds(partial));
}

FAULT(change_small)
{
	if (ask != FAKE_GET || !memmem(request.p, request.n, "config.json", 11))
		return false;
	reply->body = "{\"model_type\": \"qwen3\"}";
	return true;
}

TEST(small_files_are_checked_too)
{
	fake.fault = change_small;
	assert_download_fails(ERROR_UNAVAILABLE, "config.json of a/b arrived damaged");
}

/* Cancelling. */

static struct cancel cancel;

FAULT(cancel_then)
{
	if (ask == FAKE_BYTES && nth == 3)
		cancel_fire(&cancel);
	return false;
}

TEST(a_download_can_be_cancelled_and_goes_on_later)
{
	cancel_init(&cancel);
	fake.fault = cancel_then;
	own_mem char *snapshot = hub_download(&hub, &(struct hub_want){ .repo = "a/b" }, NULL, NULL, &cancel, &err);
	assert_null(snapshot);
	assert_int_equal(err.kind, ERROR_CANCELLED);
	cancel_done(&cancel);
	assert_nothing_half_is_taken_for_whole();
	unsigned before = fake.bytes_sent;
	fake.fault = NULL;
	assert_downloads();
	assert_true(fake.bytes_sent < before + 600);
}

FAULT(cancel_silent)
{
	if (ask != FAKE_BYTES)
		return false;
	cancel_fire(&cancel);
	reply->hang = true;
	return true;
}

TEST(a_silent_download_can_be_cancelled)
{
	cancel_init(&cancel);
	hub.silence_ms = hub.answer_ms = 60000;
	fake.fault = cancel_silent;
	own_mem char *snapshot = hub_download(&hub, &(struct hub_want){ .repo = "a/b" }, NULL, NULL, &cancel, &err);
	assert_null(snapshot);
	assert_int_equal(err.kind, ERROR_CANCELLED);
	cancel_done(&cancel);
}

/* Others. */

static int held;

static void let_go(void *user, const struct hub_progress *p)
{
	see_progress(user, p);
	if (p->stage == HUB_WAITING)
		file_close(&held);
}

TEST(a_file_that_somebody_else_brings_is_waited_for)
{
	struct seen_progress seen = { 0 };
	own_mem char *lock = mem_printf("%s/.locks/" REPO "/%s.lock", hub.cache, blob_name(large_text, true));
	own_mem char *theirs = mem_printf(REPO "/blobs/%s.incomplete", blob_name(large_text, true));
	own_mem char *half = mem_strndup(large_text, 320);

	cache_put(theirs, half);
	cache_put(lock + strlen(hub.cache) + 1, "");
	held = open(lock, O_RDWR);
	assert_int_equal(flock(held, LOCK_EX | LOCK_NB), 0);
	own_mem char *snapshot = hub_download(&hub, &(struct hub_want){ .repo = "a/b" }, let_go, &seen, NULL, &err);
	assert_non_null(snapshot);
	assert_true(seen.waiting > 0);
	assert_int_equal(fake.bytes_sent, 600 - 320);
}

/* Everything at once. */

static uint64_t chance;

FAULT(bad_luck)
{
	static _Atomic uint64_t seed;
	uint64_t mine = (seed += 0x9E3779B97F4A7C15u) ^ chance;
	static const int codes[] = { 500, 503, 429, 404, 200 };

	(void)random_next(&mine);
	switch (random_below(&mine, 10)) {
	case 0:
		reply->cut = 1 + random_below(&mine, 300);
		return false;
	case 1:
		reply->status = codes[random_below(&mine, countof(codes))];
		reply->body = "{}";
		return true;
	default:
		return false;
	}
}

TEST(whatever_happens_what_comes_in_the_end_is_right)
{
	hub.connections = 3;
	for (chance = 1; chance <= 25; chance++) {
		begin_again();
		fake.fault = bad_luck;
		fake.no_ranges = chance % 5 == 0;
		for (int tries = 0; tries < 3; tries++) {
			own_mem char *snapshot = download_all();
			own_mem char *text = python_loads(REPO, FAKE_COMMIT, "onnx/model.onnx");
			if (text)
				assert_string_equal(text, large_text);
			assert_true(!snapshot || text);
		}
		fake.fault = NULL;
		assert_downloads();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HUB(a_listing_cut_anywhere_is_asked_for_again),
		WITH_HUB(a_head_cut_anywhere_is_asked_for_again),
		WITH_HUB(a_small_file_cut_anywhere_comes_whole),
		WITH_HUB(a_range_cut_anywhere_comes_whole),
		WITH_HUB(cuts_that_leave_a_little_each_time_do_not_end_the_download),
		WITH_HUB(cuts_without_progress_end_it_after_some_tries),
		WITH_HUB(a_download_goes_on_where_it_ended),
		WITH_HUB(a_piece_that_has_changed_on_the_disk_is_asked_for_again),
		WITH_HUB(a_journal_that_is_damaged_costs_bytes_and_nothing_else),
		WITH_HUB(what_the_python_client_began_goes_on),
		WITH_HUB(a_beginning_that_was_damaged_is_thrown_away),
		WITH_HUB(what_is_left_of_a_download_goes_when_the_file_comes_otherwise),
		WITH_HUB(a_blob_of_the_wrong_size_is_replaced),
		WITH_HUB(bytes_that_are_not_what_the_hub_says_are_thrown_away),
		WITH_HUB(small_files_are_checked_too),
		WITH_HUB(a_download_can_be_cancelled_and_goes_on_later),
		WITH_HUB(a_silent_download_can_be_cancelled),
		WITH_HUB(a_file_that_somebody_else_brings_is_waited_for),
		WITH_HUB(whatever_happens_what_comes_in_the_end_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
