/* Servers that are silent or slow, know no ranges, or change their mind. */
#include "faults.h"

static enum fake_ask broken;
static unsigned times;
static bool head_first;      /* the answer begins before the silence */

/* Silence. */

FAULT(silent_once)
{
	if (ask != broken || nth > 0)
		return false;
	reply->hang = true;
	reply->status = head_first ? 200 : 0;
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
		head_first = i % 2;
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HUB(a_server_that_falls_silent_is_asked_again),
		WITH_HUB(a_slow_server_is_waited_for),
		WITH_HUB(a_server_without_ranges_sends_the_file_once),
		WITH_HUB(a_whole_file_that_is_cut_begins_again),
		WITH_HUB(bytes_from_elsewhere_are_not_kept),
		WITH_HUB(a_file_of_another_size_is_not_begun),
		WITH_HUB(another_version_in_the_middle_begins_anew),
		WITH_HUB(servers_that_never_agree_on_an_etag_do_not_stop_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
