/* What tests of downloads share: a repository, its Hub, and a cache to bring it to. */
#pragma once

#include "base/sys.h"
#include "support/fake_hub.h"
#include "support/hub_cache.h"

#define REPO "models--a--b"

/* 600 bytes of which no two pieces are alike. */
static char large_text[601];

static struct fake_file files[] = {
	{ "config.json", "{\"model_type\": \"qwen2\"}", false },
	{ "empty.txt", "", false },
	{ "onnx/model.onnx", large_text, true },
};

static struct fake_hub fake;

static inline void serve(void)
{
	for (size_t i = 0; i < FAKE_ASKS; i++)
		fake.asked[i] = 0;
	fake.bytes_sent = 0;
	for (size_t i = 0; i + 1 < sizeof large_text; i++)
		large_text[i] = (char)('a' + (i * i / 7 + i) % 26);
	fake.files = files;
	fake.count = countof(files);
	fake_hub_start(&fake);
	free(hub.endpoint);
	hub.endpoint = mem_strdup(fake_hub_url(&fake));
}

static inline int download_start(void **state)
{
	int failed = cache_start(state);

	fake = (struct fake_hub){ 0 };
	serve();
	return failed;
}

static inline int download_end(void **state)
{
	fake_hub_stop(&fake);
	return cache_end(state);
}

#define WITH_HUB(test) cmocka_unit_test_setup_teardown(test, download_start, download_end)

/* What the last progress was, and whether it ever went wrong. */
struct seen_progress {
	struct hub_progress last;
	unsigned calls, waiting;
	bool over;                         /* more was done than there is */
	char trouble[400];
};

static inline void see_progress(void *user, const struct hub_progress *p)
{
	struct seen_progress *seen = user;

	seen->calls++;
	seen->waiting += p->stage == HUB_WAITING;
	seen->over |= p->total && p->done > p->total;
	if (p->trouble)
		snprintf(seen->trouble, sizeof seen->trouble, "%s", p->trouble);
	seen->last = *p;
}

static inline char *download_all(void)
{
	return hub_download(&hub, &(struct hub_want){ .repo = "a/b" }, NULL, NULL, NULL, &err);
}

/* Brings everything, which must work, and looks at it with the Python client's eyes. */
static inline void assert_downloads(void)
{
	own_mem char *snapshot = download_all();

	if (!snapshot)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < countof(files); i++) {
		own_mem char *text = python_loads(REPO, "main", files[i].path);
		if (!text || strcmp(text, files[i].text) != 0)
			fail_msg("%s has not come as it is: %s", files[i].path, text ? text : "missing");
	}
}

static inline void assert_download_fails(enum error_kind kind, const char *part)
{
	own_mem char *snapshot = download_all();

	if (snapshot)
		fail_msg("the download has worked");
	if (err.kind != kind || !strstr(err.text, part))
		fail_msg("error %d: %s (expected %d, %s)", err.kind, err.text, kind, part);
}

/* Forgets what has been brought, and what has been asked for. */
static inline void begin_again(void)
{
	own_mem char *command = mem_printf("rm -rf %s", hub.cache);

	assert_int_equal(system(command), 0);
	fake_hub_stop(&fake);
	serve();
}
