/* A real file system that is too small, where the tests may mount one. */
#include "downloads.h"

#ifdef __linux__
#include <sched.h>
#include <sys/mount.h>

#define BYTES ((size_t)64 << 10)

static char text[BYTES + 1];
static struct fake_file one[] = { { "model.onnx", text, true } };
static int filler = -1;

/* A file system of `size` for the cache, seen by this test alone and gone with it. */
static bool mount_small(const char *size)
{
	if (mkdir(hub.cache, 0755) < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return false;
	return mount("tmpfs", hub.cache, "tmpfs", 0, size) == 0;
}

static void serve_one(void)
{
	for (size_t i = 0; i < BYTES; i++)
		text[i] = (char)('a' + (i * i / 7 + i) % 26);
	fake.files = one;
	fake.count = 1;
	hub.piece = 4 << 10;
	hub.span = 16 << 10;
}

static int unmount(void **state)
{
	(void)umount2(hub.cache, MNT_DETACH);
	file_close(&filler);
	return download_end(state);
}

TEST(a_disk_too_small_is_found_before_anything_is_asked_for)
{
	if (!mount_small("size=48k"))
		skip_because("no file system can be mounted here");
	serve_one();
	assert_download_fails(ERROR_TOO_LARGE, "66 kB to come, ");
	assert_non_null(strstr(err.text, "make room for"));
	assert_int_equal(fake.asked[FAKE_BYTES], 0);
}

/* Somebody else writes when half has come. */
static bool fill(struct fake_hub *h, enum fake_ask ask, unsigned nth, struct str request, struct scripted_reply *reply,
	struct buf *storage)
{
	(void)h, (void)request, (void)reply, (void)storage;
	if (ask == FAKE_BYTES && nth == 2)
		for (size_t i = 0; i < 48 && write(filler, text, 4096) == 4096; i++)
			;
	return false;
}

TEST(a_disk_that_fills_on_the_way_keeps_what_has_come)
{
	if (!mount_small("size=128k"))
		skip_because("no file system can be mounted here");
	serve_one();
	own_mem char *path = path_join(hub.cache, "filler");
	filler = open(path, O_RDWR | O_CREAT, 0600);
	fake.fault = fill;
	assert_download_fails(ERROR_TOO_LARGE, "is full, and");
	unsigned before = fake.bytes_sent;
	assert_int_equal(ftruncate(filler, 0), 0);
	fake.fault = NULL;
	own_mem char *snapshot = download_all();
	if (!snapshot)
		fail_msg("%s", err.text);
	own_mem char *loaded = python_loads(REPO, "main", "model.onnx");
	assert_string_equal(loaded, text);
	assert_true(fake.bytes_sent - before <= BYTES - (32 << 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_disk_too_small_is_found_before_anything_is_asked_for, download_start,
			unmount),
		cmocka_unit_test_setup_teardown(a_disk_that_fills_on_the_way_keeps_what_has_come, download_start,
			unmount),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#else
TEST(nothing_is_mounted_here) { skip_because("no mount namespaces on this system"); }

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(nothing_is_mounted_here) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
#endif
