/* What goes wrong with a download, and what comes of it. */
#include "downloads.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/file.h>

#include "hub/walk.h"
#include "support/random.h"

#define FAULT(name) static bool name(struct fake_hub *h __attribute__((unused)), \
	enum fake_ask ask __attribute__((unused)), \
	unsigned nth __attribute__((unused)), struct str request __attribute__((unused)), \
	struct scripted_reply *reply __attribute__((unused)), struct buf *storage __attribute__((unused)))

/* Which fault, for those that are told. */
static enum fake_ask broken;
static size_t cut_at;
static int status;
static unsigned times;
static const char *headers;

static void assert_nothing_half_is_taken_for_whole(void)
{
	own_mem char *text = python_loads(REPO, FAKE_COMMIT, "onnx/model.onnx");
	own_mem char *blob = mem_printf(REPO "/blobs/%s", blob_name(large_text, true));
	own_mem char *theirs = mem_printf("%s.incomplete", blob);

	assert_null(text);
	assert_false(cache_holds(blob));
	assert_false(cache_holds(theirs));
	assert_null(hub_find(&hub, &(struct hub_want){ .repo = "a/b" }, &err));
}

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

/* Statuses. */

FAULT(answer_status)
{
	if (ask != broken || nth >= times)
		return false;
	reply->status = status;
	reply->headers = headers;
	return true;
}

static void set_status(enum fake_ask ask, int code, unsigned how_often, const char *lines)
{
	fake.fault = answer_status;
	broken = ask;
	status = code;
	times = how_often;
	headers = lines;
	for (size_t i = 0; i < FAKE_ASKS; i++)
		fake.asked[i] = 0;
}

TEST(who_is_denied_is_told_where_a_token_goes)
{
	set_status(FAKE_INFO, 401, 1, "X-Error-Message: Invalid username or password.\r\n");
	assert_download_fails(ERROR_DENIED, "put it into HF_TOKEN or /nowhere");
	assert_int_equal(fake.asked[FAKE_INFO], 1);
}

TEST(a_wrong_token_is_said_to_be_wrong_and_not_shown)
{
	hub.token = mem_strdup("hf_secret");
	set_status(FAKE_INFO, 401, 1, "X-Error-Message: hf_secret is wrong\r\n");
	assert_download_fails(ERROR_DENIED, "does not accept the token");
	assert_null(strstr(err.text, "hf_secret"));
	set_status(FAKE_INFO, 403, 1, "X-Error-Message: hf_secret is wrong\r\n");
	assert_download_fails(ERROR_DENIED, "denies access");
	assert_null(strstr(err.text, "hf_secret"));
}

TEST(a_gated_repository_asks_for_its_licence)
{
	static const int codes[] = { 401, 403 };

	for (size_t i = 0; i < countof(codes); i++) {
		set_status(FAKE_HEAD, codes[i], 1, "X-Error-Code: GatedRepo\r\n");
		assert_download_fails(ERROR_DENIED, "is gated: accept its licence at http://127.0.0.1:");
		assert_nothing_half_is_taken_for_whole();
	}
}

TEST(what_is_missing_is_told_apart)
{
	own_mem char *repo = hub_download(&hub, &(struct hub_want){ .repo = "a/c" }, NULL, NULL, NULL, &err);
	assert_null(repo);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_non_null(strstr(err.text, "no repository a/c"));
	own_mem char *revision =
		hub_download(&hub, &(struct hub_want){ .repo = "a/b", .revision = "v9" }, NULL, NULL, NULL, &err);
	assert_null(revision);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_non_null(strstr(err.text, "a/b has no revision v9"));
	set_status(FAKE_HEAD, 404, 1, "X-Error-Code: EntryNotFound\r\n");
	assert_download_fails(ERROR_NOT_FOUND, "a/b has no file onnx/model.onnx");
	assert_true(cache_holds(REPO "/.no_exist/" FAKE_COMMIT "/onnx/model.onnx"));
}

TEST(what_passes_is_tried_again)
{
	static const int codes[] = { 408, 429, 500, 502, 503, 504 };
	static const enum fake_ask asks[] = { FAKE_INFO, FAKE_HEAD, FAKE_GET, FAKE_BYTES };

	for (size_t i = 0; i < countof(codes); i++)
		for (size_t j = 0; j < countof(asks); j++) {
			begin_again();
			set_status(asks[j], codes[i], hub.tries - 1, NULL);
			assert_downloads();
		}
}

TEST(what_does_not_pass_ends_after_some_tries)
{
	static const enum fake_ask asks[] = { FAKE_INFO, FAKE_HEAD, FAKE_GET, FAKE_BYTES };

	for (size_t j = 0; j < countof(asks); j++) {
		begin_again();
		set_status(asks[j], 503, 1000, NULL);
		assert_download_fails(ERROR_UNAVAILABLE, "answers 503");
		assert_int_equal(fake.asked[asks[j]], hub.tries);
	}
	assert_nothing_half_is_taken_for_whole();
}

TEST(trouble_is_shown_while_it_lasts)
{
	struct seen_progress seen = { 0 };

	hub.backoff_ms = 150;
	set_status(FAKE_HEAD, 503, 2, NULL);
	own_mem char *snapshot = hub_download(&hub, &(struct hub_want){ .repo = "a/b" }, see_progress, &seen, NULL,
		&err);
	assert_non_null(snapshot);
	assert_non_null(strstr(seen.trouble, "answers 503"));
	assert_null(seen.last.trouble);
}

TEST(retry_after_is_heeded_within_reason)
{
	set_status(FAKE_INFO, 429, 1, "Retry-After: 0\r\n");
	assert_downloads();
	begin_again();
	set_status(FAKE_INFO, 429, 1, "Retry-After: 100000\r\n");
	assert_download_fails(ERROR_UNAVAILABLE, "100000 seconds");
	assert_int_equal(fake.asked[FAKE_INFO], 1);
}

TEST(an_address_that_has_expired_is_asked_for_again)
{
	set_status(FAKE_BYTES, 403, 1, NULL);
	assert_downloads();
	assert_int_equal(fake.asked[FAKE_HEAD], 2);
}

/* Redirects. */

FAULT(head_to_itself)
{
	if (ask != FAKE_HEAD)
		return false;
	reply->status = 307;
	reply->headers = "Location: /a/b/resolve/" FAKE_COMMIT "/onnx/model.onnx\r\n";
	return true;
}

FAULT(bytes_to_itself)
{
	if (ask != FAKE_BYTES)
		return false;
	reply->status = 302;
	reply->headers = "Location: /onnx/model.onnx\r\n";
	return true;
}

FAULT(info_to_itself)
{
	if (ask != FAKE_INFO)
		return false;
	reply->status = 302;
	reply->headers = "Location: /api/models/a/b/revision/main?blobs=true\r\n";
	return true;
}

TEST(redirects_in_a_circle_come_to_an_end)
{
	fake.fault = head_to_itself;
	assert_download_fails(ERROR_INVALID, "redirects more than");
	fake.fault = bytes_to_itself;
	assert_download_fails(ERROR_UNAVAILABLE, "redirects more than");
	fake.fault = info_to_itself;
	assert_download_fails(ERROR_UNAVAILABLE, "redirects more than");
	assert_true(scripted_server_requests(fake.server) + scripted_server_requests(fake.bytes) < 200);
}

FAULT(renamed)
{
	if (ask != FAKE_HEAD || nth > 0)
		return false;
	reply->raw = true;
	reply->body = "HTTP/1.1 307 Temporary Redirect\r\nLocation: /a/b/resolve/" FAKE_COMMIT
		"/onnx/model.onnx\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	return true;
}

TEST(a_renamed_repository_is_followed)
{
	fake.fault = renamed;
	assert_downloads();
}

FAULT(to_nonsense)
{
	if (ask != FAKE_HEAD)
		return false;
	reply->status = 302;
	reply->headers = "Location: file:///etc/passwd\r\n";
	return true;
}

TEST(a_redirect_to_no_web_address_is_not_followed)
{
	fake.fault = to_nonsense;
	assert_download_fails(ERROR_INVALID, "no http or https URL");
}

/* The disk. */

static size_t room;

static ssize_t full_disk(int fd, const void *bytes, size_t n, off_t where)
{
	if (room < n) {
		errno = ENOSPC;
		return -1;
	}
	room -= n;
	return pwrite(fd, bytes, n, where);
}

TEST(a_disk_that_fills_keeps_what_has_come)
{
	room = 500;
	sys.pwrite = full_disk;
	assert_download_fails(ERROR_TOO_LARGE, "is full, and");
	sys.pwrite = pwrite;
	assert_nothing_half_is_taken_for_whole();
	unsigned before = fake.bytes_sent;
	assert_true(before > 0);
	assert_downloads();
	assert_true(fake.bytes_sent - before < 600);
}

TEST(a_disk_that_is_too_full_is_not_begun_with)
{
	hub.reserve = (uint64_t)1 << 60;
	assert_download_fails(ERROR_TOO_LARGE, "not enough disk space for a/b");
	assert_int_equal(fake.asked[FAKE_BYTES], 0);
}

/* Any call of the system that fails, the first, the second, and so on. */

static atomic_int calls_left;

static bool fails(void)
{
	errno = EIO;
	return --calls_left == 0;
}

static int open_fails(const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	int mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	return fails() ? -1 : open(path, flags, mode);
}

static ssize_t read_fails(int fd, void *to, size_t n) { return fails() ? -1 : read(fd, to, n); }
static ssize_t write_fails(int fd, const void *from, size_t n) { return fails() ? -1 : write(fd, from, n); }
static ssize_t pwrite_fails(int fd, const void *from, size_t n, off_t at)
{
	return fails() ? -1 : pwrite(fd, from, n, at);
}
static int fsync_fails(int fd) { return fails() ? -1 : no_sync(fd); }
static int rename_fails(const char *from, const char *to) { return fails() ? -1 : rename(from, to); }
static int mkdir_fails(const char *path, mode_t mode) { return fails() ? -1 : mkdir(path, mode); }

static void break_call(int which)
{
	switch (which) {
	case 0: sys.open = open_fails; break;
	case 1: sys.read = read_fails; break;
	case 2: sys.write = write_fails; break;
	case 3: sys.pwrite = pwrite_fails; break;
	case 4: sys.fsync = fsync_fails; break;
	case 5: sys.rename = rename_fails; break;
	default: sys.mkdir = mkdir_fails; break;
	}
}

static bool count_name(void *user, const char *name, struct error *error)
{
	(void)name, (void)error;
	++*(size_t *)user;
	return true;
}

static size_t open_files(void)
{
	size_t count = 0;

	assert_ok(walk_names("/dev/fd", count_name, &count, &err));
	return count;
}

TEST(any_call_that_fails_is_told_and_made_up_for_later)
{
	const struct sys_calls working = sys;

	for (int which = 0; which < 7; which++)
		for (int n = 1;; n++) {
			begin_again();
			size_t files_open = open_files();
			break_call(which);
			calls_left = n;
			err = (struct error){ 0 };
			own_mem char *snapshot = download_all();
			sys = working;
			bool failed = calls_left <= 0;
			if (!snapshot)
				assert_true(failed && strlen(err.text) > 10);
			own_mem char *text = python_loads(REPO, FAKE_COMMIT, "onnx/model.onnx");
			if (text)
				assert_string_equal(text, large_text);
			/* The servers keep theirs until they stop. */
			assert_int_equal(open_files(), files_open + scripted_server_connections(fake.server) +
				scripted_server_connections(fake.bytes));
			assert_downloads();
			if (!failed)
				break;
		}
}

/* Silence. */

FAULT(silent_once)
{
	if (ask != broken || nth > 0)
		return false;
	reply->hang = true;
	reply->status = cut_at ? 200 : 0;
	return true;
}

TEST(a_server_that_falls_silent_is_asked_again)
{
	static const enum fake_ask asks[] = { FAKE_INFO, FAKE_HEAD, FAKE_GET, FAKE_BYTES };

	hub.answer_ms = hub.silence_ms = 100;
	fake.fault = silent_once;
	for (size_t i = 0; i < countof(asks); i++) {
		begin_again();
		broken = asks[i];
		cut_at = i % 2;
		assert_downloads();
	}
}

FAULT(slow)
{
	if (ask == FAKE_BYTES) {
		reply->piece = 40;
		reply->pause_ms = 20;
	}
	return false;
}

TEST(a_slow_server_is_waited_for)
{
	hub.answer_ms = hub.silence_ms = 1000;
	fake.fault = slow;
	assert_downloads();
	assert_int_equal(fake.bytes_sent, 600);
}

/* Ranges. */

TEST(a_server_without_ranges_sends_the_file_once)
{
	fake.no_ranges = true;
	hub.connections = 4;
	assert_downloads();
}

FAULT(cut_whole)
{
	if (ask == FAKE_BYTES && nth < 2)
		reply->cut = 400;
	return false;
}

TEST(a_whole_file_that_is_cut_begins_again)
{
	fake.no_ranges = true;
	fake.fault = cut_whole;
	assert_downloads();
}

FAULT(other_range)
{
	if (ask != FAKE_BYTES || nth >= times)
		return false;
	reply->status = 206;
	reply->headers = "Content-Range: bytes 1-64/600\r\n";
	reply->body = "0123456789012345678901234567890123456789012345678901234567890123";
	return true;
}

TEST(bytes_from_elsewhere_are_not_kept)
{
	fake.fault = other_range;
	times = 2;
	assert_downloads();
	begin_again();
	times = 1000;
	assert_download_fails(ERROR_UNAVAILABLE, "other bytes");
}

FAULT(other_size)
{
	if (ask != FAKE_BYTES)
		return false;
	reply->status = 206;
	reply->headers = "Content-Range: bytes 0-63/601\r\n";
	reply->body = "x";
	return true;
}

TEST(a_file_of_another_size_is_not_begun)
{
	fake.fault = other_size;
	assert_download_fails(ERROR_UNAVAILABLE, "should have 600 bytes, but the server has 601");
	assert_nothing_half_is_taken_for_whole();
}

FAULT(change_etag)
{
	if (ask == FAKE_BYTES)
		h->etag = nth < 4 ? "one" : "two";
	return false;
}

TEST(another_version_in_the_middle_begins_anew)
{
	fake.fault = change_etag;
	assert_downloads();
	assert_true(fake.bytes_sent > 600);
}

FAULT(etag_of_every_answer)
{
	static char etags[64][16];

	if (ask == FAKE_BYTES) {
		snprintf(etags[nth % 64], sizeof etags[0], "etag-%u", nth);
		h->etag = etags[nth % 64];
	}
	return false;
}

TEST(servers_that_never_agree_on_an_etag_do_not_stop_it)
{
	fake.fault = etag_of_every_answer;
	assert_downloads();
}

/* Hostile listings. */

static struct fake_file hostile[] = { { "", "x", false } };

TEST(paths_that_lead_out_are_refused)
{
	static const char *const paths[] = { "../x", "/etc/x", "a/../../x", "a//b", ".", "a\\\\b", "a\\u0001b" };

	fake.files = hostile;
	fake.count = 1;
	for (size_t i = 0; i < countof(paths); i++) {
		hostile[0].path = paths[i];
		assert_download_fails(ERROR_INVALID, "name is not safe");
	}
	hostile[0].path = "a\\u0000b";
	assert_download_fails(ERROR_INVALID, "");
}

FAULT(hostile_etag)
{
	if (ask == FAKE_TREE)
		reply->status = 404;
	if (ask == FAKE_HEAD) {
		reply->raw = true;
		reply->body =
			"HTTP/1.1 200 OK\r\nETag: \"../../../x\"\r\nContent-Length: 5\r\nConnection: close\r\n\r\n";
	}
	return ask == FAKE_TREE || ask == FAKE_HEAD;
}

TEST(an_etag_that_is_a_path_is_refused)
{
	fake.bare_listing = true;
	fake.fault = hostile_etag;
	assert_download_fails(ERROR_INVALID, "does not say which version");
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
		WITH_HUB(who_is_denied_is_told_where_a_token_goes),
		WITH_HUB(a_wrong_token_is_said_to_be_wrong_and_not_shown),
		WITH_HUB(a_gated_repository_asks_for_its_licence),
		WITH_HUB(what_is_missing_is_told_apart),
		WITH_HUB(what_passes_is_tried_again),
		WITH_HUB(what_does_not_pass_ends_after_some_tries),
		WITH_HUB(trouble_is_shown_while_it_lasts),
		WITH_HUB(retry_after_is_heeded_within_reason),
		WITH_HUB(an_address_that_has_expired_is_asked_for_again),
		WITH_HUB(redirects_in_a_circle_come_to_an_end),
		WITH_HUB(a_renamed_repository_is_followed),
		WITH_HUB(a_redirect_to_no_web_address_is_not_followed),
		WITH_HUB(a_disk_that_fills_keeps_what_has_come),
		WITH_HUB(a_disk_that_is_too_full_is_not_begun_with),
		WITH_HUB(any_call_that_fails_is_told_and_made_up_for_later),
		WITH_HUB(a_server_that_falls_silent_is_asked_again),
		WITH_HUB(a_slow_server_is_waited_for),
		WITH_HUB(a_server_without_ranges_sends_the_file_once),
		WITH_HUB(a_whole_file_that_is_cut_begins_again),
		WITH_HUB(bytes_from_elsewhere_are_not_kept),
		WITH_HUB(a_file_of_another_size_is_not_begun),
		WITH_HUB(another_version_in_the_middle_begins_anew),
		WITH_HUB(servers_that_never_agree_on_an_etag_do_not_stop_it),
		WITH_HUB(paths_that_lead_out_are_refused),
		WITH_HUB(an_etag_that_is_a_path_is_refused),
		WITH_HUB(a_download_can_be_cancelled_and_goes_on_later),
		WITH_HUB(a_silent_download_can_be_cancelled),
		WITH_HUB(a_file_that_somebody_else_brings_is_waited_for),
		WITH_HUB(whatever_happens_what_comes_in_the_end_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
