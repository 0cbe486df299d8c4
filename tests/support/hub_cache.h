/*
 * A cache in a folder of its own, with files put there as huggingface_hub puts
 * them (file_download.py: _hf_hub_download_to_cache_dir, _create_symlink), and a
 * reader that finds what it would find (try_to_load_from_cache).
 */
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sha.h"
#include "base/sys.h"
#include "hub/hub.h"
#include "support/test.h"

#define COMMIT_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define COMMIT_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct error err;
static struct hub hub;
static char cache_folder[64];

/* Nobody pulls the plug on a test. */
static inline int no_sync(int fd)
{
	(void)fd;
	return 0;
}

static inline int cache_start(void **state)
{
	(void)state;
	sys.fsync = no_sync;
	err = (struct error){ 0 };
	snprintf(cache_folder, sizeof cache_folder, "/tmp/hub-cache-XXXXXX");
	if (!mkdtemp(cache_folder))
		return -1;
	hub = (struct hub){ .cache = mem_printf("%s/hub", cache_folder), .token_path = mem_strdup("/nowhere"),
		.endpoint = mem_strdup("http://127.0.0.1:1"), .answer_ms = 2000, .silence_ms = 2000, .connections = 1,
		.span = 64, .piece = 16, .tries = 3, .backoff_ms = 1 };
	return 0;
}

static inline int cache_end(void **state)
{
	own_mem char *command = mem_printf("rm -rf %s", cache_folder);

	(void)state;
	hub_done(&hub);
	return system(command);
}

#define WITH_CACHE(test) cmocka_unit_test_setup_teardown(test, cache_start, cache_end)

/* The path of something in the cache, which the caller frees. */
static inline char *cached(const char *rest) { return path_join(hub.cache, rest); }

static inline void cache_put(const char *rest, const char *text)
{
	own_mem char *path = cached(rest), *folder = mem_strndup(path, (size_t)(path_base(path) - path - 1));

	assert_ok(path_make(folder, 0755, &err));
	assert_ok(file_write(path, str_of(text), 0644, &err));
}

static inline bool cache_holds(const char *rest)
{
	own_mem char *path = cached(rest);
	struct stat st;

	return lstat(path, &st) == 0;
}

static inline void assert_cached(const char *rest, const char *text)
{
	own_mem char *path = cached(rest);
	size_t n;
	own_mem char *found = file_read(path, 1 << 20, &n, &err);

	if (!found)
		fail_msg("%s", err.text);
	assert_string_equal(found, text);
}

/* The name of a blob: 64 digits for a large file (in git's LFS), 40 for others. */
static inline const char *blob_name(const char *text, bool large)
{
	static char hex[4][SHA_HEX_MAX + 1];
	static unsigned next;
	char *out = hex[next++ % 4];
	struct sha sha;

	sha_init(&sha, large ? SHA_256 : SHA_1);
	if (!large) {
		own_mem char *head = mem_printf("blob %zu", strlen(text));
		sha_feed(&sha, (struct str){ head, strlen(head) + 1 });
	}
	sha_feed(&sha, str_of(text));
	sha_hex(&sha, out);
	return out;
}

/* repo: "models--a--b" */
static inline void python_puts(const char *repo, const char *commit, const char *path, const char *text, bool large)
{
	own_mem char *blob = mem_printf("%s/blobs/%s", repo, blob_name(text, large));
	own_mem char *link = mem_printf("%s/%s/snapshots/%s/%s", hub.cache, repo, commit, path);
	own_mem char *folder = mem_strndup(link, (size_t)(path_base(link) - link - 1));
	own_buf target = BUF_INIT(4096);

	cache_put(blob, text);
	for (const char *p = path; *p; p++)
		if (*p == '/')
			buf_put(&target, "../");
	buf_putf(&target, "../../blobs/%s", blob_name(text, large));
	assert_ok(path_make(folder, 0755, &err));
	assert_int_equal(symlink(target.data, link), 0);
}

static inline void python_refers(const char *repo, const char *revision, const char *commit)
{
	own_mem char *ref = mem_printf("%s/refs/%s", repo, revision);

	cache_put(ref, commit);
}

/* The text that the Python client would load, by refs and snapshots; NULL when it finds none.  The caller frees. */
static inline char *python_loads(const char *repo, const char *revision, const char *path)
{
	own_mem char *ref = mem_printf("%s/%s/refs/%s", hub.cache, repo, revision);
	struct error ignored;
	size_t n;
	own_mem char *commit = path_is_file(ref) ? file_read(ref, 4096, &n, &ignored) : mem_strdup(revision);
	own_mem char *pointer = mem_printf("%s/%s/snapshots/%s/%s", hub.cache, repo, commit, path);

	return path_is_file(pointer) ? file_read(pointer, 64 << 20, &n, &ignored) : NULL;
}
