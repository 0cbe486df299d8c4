#include "hub/layout.h"

#include <errno.h>
#include <ftw.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "hub/names.h"

#define REF_MAX 128
#define FOLDER_MODE 0755
#define FILE_MODE 0644

static const char prefix[] = "models--";

char *layout_repo(const struct hub *hub, const char *repo)
{
	const char *slash = strchr(repo, '/');

	if (!slash)
		return mem_printf("%s/%s%s", hub->cache, prefix, repo);
	return mem_printf("%s/%s%.*s--%s", hub->cache, prefix, (int)(slash - repo), repo, slash + 1);
}

char *layout_repo_name(const char *folder)
{
	struct error err;

	if (strncmp(folder, prefix, sizeof prefix - 1) != 0)
		return NULL;
	folder += sizeof prefix - 1;
	const char *dashes = strstr(folder, "--");
	char *name = dashes ? mem_printf("%.*s/%s", (int)(dashes - folder), folder, dashes + 2) : mem_strdup(folder);
	if (name_check_repo(name, &err))
		return name;
	free(name);
	return NULL;
}

char *layout_lock(const struct hub *hub, const char *repo, const char *hash)
{
	own_mem char *folder = layout_repo(hub, repo);

	return mem_printf("%s/.locks/%s/%s.lock", hub->cache, path_base(folder), hash);
}

char *layout_blob(const char *repo_folder, const char *hash)
{
	return mem_printf("%s/blobs/%s", repo_folder, hash);
}

char *layout_snapshot(const char *repo_folder, const char *commit)
{
	return mem_printf("%s/snapshots/%s", repo_folder, commit);
}

bool layout_make_parent(const char *path, struct error *err)
{
	own_mem char *folder = mem_strndup(path, (size_t)(path_base(path) - path - 1));

	return path_make(folder, FOLDER_MODE, err);
}

bool layout_make_cache(const struct hub *hub, struct error *err)
{
	/* The format's text: https://bford.info/cachedir/ */
	static const char text[] = "Signature: 8a477f597d28d172789f06886806bc55\n"
		"# This file is a cache directory tag created by huggingface_hub.\n"
		"# For information about cache directory tags, see:\n"
		"#\thttps://bford.info/cachedir/\n";
	own_mem char *tag = path_join(hub->cache, "CACHEDIR.TAG");

	return path_make(hub->cache, FOLDER_MODE, err) &&
	       (path_is_file(tag) || file_write(tag, str_of(text), FILE_MODE, err));
}

bool layout_read_ref(const char *repo_folder, const char *revision, char commit[HUB_HASH_MAX + 1])
{
	struct error err;
	size_t n;

	if (name_is_commit(revision)) {
		own_mem char *snapshot = layout_snapshot(repo_folder, revision);
		snprintf(commit, HUB_HASH_MAX + 1, "%s", revision);
		return path_is_directory(snapshot);
	}
	own_mem char *path = mem_printf("%s/refs/%s", repo_folder, revision);
	own_mem char *text = path_is_file(path) ? file_read(path, REF_MAX, &n, &err) : NULL;
	if (!text)
		return false;
	struct str trimmed = str_trim((struct str){ text, n });
	if (trimmed.n > HUB_HASH_MAX)
		return false;
	snprintf(commit, HUB_HASH_MAX + 1, "%.*s", STR_ARGS(trimmed));
	return name_is_commit(commit);
}

bool layout_write_ref(const char *repo_folder, const char *revision, const char *commit, struct error *err)
{
	own_mem char *path = mem_printf("%s/refs/%s", repo_folder, revision);
	char before[HUB_HASH_MAX + 1];

	if (strcmp(revision, commit) == 0)
		return true;
	if (layout_read_ref(repo_folder, revision, before) && strcmp(before, commit) == 0)
		return true;
	return layout_make_parent(path, err) && file_write(path, str_of(commit), FILE_MODE, err);
}

/* "../../" for each folder between the snapshot's file and the repository's folder. */
static char *link_target(const char *path, const char *hash)
{
	own_buf target = BUF_INIT(8192);

	buf_put(&target, "../../");
	for (const char *p = path; *p; p++)
		if (*p == '/')
			buf_put(&target, "../");
	buf_putf(&target, "blobs/%s", hash);
	return buf_detach(&target, NULL);
}

static bool leads_to(const char *link, const char *target)
{
	char now[8192];
	ssize_t n = readlink(link, now, sizeof now);

	return n >= 0 && str_is((struct str){ now, (size_t)n }, target);
}

bool layout_link(const char *repo_folder, const char *commit, const char *path, const char *hash, struct error *err)
{
	own_mem char *link = mem_printf("%s/snapshots/%s/%s", repo_folder, commit, path);
	static atomic_uint made;
	own_mem char *target = link_target(path, hash), *blob = layout_blob(repo_folder, hash);
	/* Made elsewhere and moved: so there is always a link, the old or the new. */
	own_mem char *fresh = mem_printf("%s.%ld.%u.link.incomplete", blob, (long)getpid(), made++);

	if (leads_to(link, target))
		return true;
	if (!layout_make_parent(link, err))
		return false;
	(void)unlink(fresh);
	const char *from = sys.symlink(target, fresh) == 0 ? fresh : blob;
	return sys.rename(from, link) == 0 || error_errno(err, "cannot make %s lead to %s", link, target);
}

bool layout_has(const char *repo_folder, const char *commit, const char *path, uint64_t size)
{
	own_mem char *whole = mem_printf("%s/snapshots/%s/%s", repo_folder, commit, path);
	struct stat st;

	return stat(whole, &st) == 0 && S_ISREG(st.st_mode) &&
		(size == HUB_SIZE_UNKNOWN || size == (uint64_t)st.st_size);
}

bool layout_hash(const char *repo_folder, const char *commit, const char *path, char hash[HUB_HASH_MAX + 1])
{
	own_mem char *link = mem_printf("%s/snapshots/%s/%s", repo_folder, commit, path);
	char target[8192];
	ssize_t n = readlink(link, target, sizeof target - 1);

	if (n <= 0)
		return false;
	target[n] = '\0';
	if (!name_is_hash(path_base(target)))
		return false;
	snprintf(hash, HUB_HASH_MAX + 1, "%s", path_base(target));
	return true;
}

void layout_note_missing(const char *repo_folder, const char *commit, const char *path)
{
	own_mem char *note = mem_printf("%s/.no_exist/%s/%s", repo_folder, commit, path);
	struct error err;

	if (name_check_path(path, &err) && layout_make_parent(note, &err) &&
		!file_write(note, str_of(""), FILE_MODE, &err))
		(void)unlink(note);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st, (void)where;
	return type == FTW_DP ? rmdir(path) : unlink(path);
}

bool layout_remove_all(const char *folder, struct error *err)
{
	if (nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
		return true;
	return error_errno(err, "cannot remove all of %s", folder);
}
