#include "hub/hub.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "hub/check.h"
#include "hub/layout.h"
#include "hub/names.h"
#include "hub/tree.h"
#include "hub/walk.h"

struct verification {
	const char *repo, *folder, *commit;
	struct hub_listing tree;
	hub_verdict_fn *on_verdict;
	void *user;
	struct cancel *cancel;
	size_t damaged;
	char first[200];           /* of the damaged */
};

static enum hub_verdict verdict_of(enum check_result result)
{
	return result == CHECK_GOOD ? HUB_GOOD : result == CHECK_DAMAGED ? HUB_DAMAGED : HUB_UNKNOWN;
}

static void tell(struct verification *v, const char *path, enum hub_verdict verdict)
{
	if (verdict == HUB_DAMAGED && v->damaged++ == 0)
		snprintf(v->first, sizeof v->first, "%s", path);
	if (v->on_verdict)
		v->on_verdict(v->user, path, verdict);
}

static bool verify_file(void *user, const char *path, struct error *err)
{
	struct verification *v = user;
	own_mem char *whole = mem_printf("%s/snapshots/%s/%s", v->folder, v->commit, path);
	const struct hub_file *listed = tree_file(&v->tree, path);
	char hash[HUB_HASH_MAX + 1] = "";
	struct stat st;

	if (stat(whole, &st) < 0 || (listed && listed->size != (uint64_t)st.st_size)) {
		tell(v, path, HUB_DAMAGED);
		return true;
	}
	if (!layout_hash(v->folder, v->commit, path, hash) && listed)
		memcpy(hash, listed->hash, sizeof hash);
	enum check_result result = check_file(whole, (uint64_t)st.st_size, hash, v->cancel, err);
	if (result == CHECK_FAILED)
		return false;
	tell(v, path, verdict_of(result));
	return true;
}

/* What was asked for and is not there at all; a link that leads nowhere has been seen as a file. */
static void verify_wanted(struct verification *v)
{
	own_hub_listing wanted = { 0 };

	if (!tree_read_wanted(v->folder, v->commit, &wanted))
		return;
	for (size_t i = 0; i < wanted.count; i++) {
		char hash[HUB_HASH_MAX + 1];
		const char *path = wanted.files[i].path;
		if (!layout_has(v->folder, v->commit, path, HUB_SIZE_UNKNOWN) &&
			!layout_hash(v->folder, v->commit, path, hash))
			tell(v, path, HUB_DAMAGED);
	}
}

bool hub_verify(const struct hub *hub, const char *repo, const char *revision, hub_verdict_fn *on_verdict, void *user,
	struct cancel *cancel, struct error *err)
{
	const char *name = revision ? revision : "main";
	char commit[HUB_HASH_MAX + 1];

	if (!name_check_repo(repo, err) || !name_check_revision(name, err))
		return false;
	own_mem char *folder = layout_repo(hub, repo);
	if (!layout_read_ref(folder, name, commit))
		return error_set(err, ERROR_NOT_FOUND, "%s is not in the cache at revision %.60s", repo, name);
	own_mem char *snapshot = layout_snapshot(folder, commit);
	struct verification v = { .repo = repo, .folder = folder, .commit = commit, .on_verdict = on_verdict,
		.user = user,
		.cancel = cancel };
	bool known = tree_read(folder, commit, &v.tree);
	bool ok = walk_files(snapshot, verify_file, &v, err);
	if (ok)
		verify_wanted(&v);
	if (known)
		hub_listing_done(&v.tree);
	if (ok && v.damaged)
		return error_set(err, ERROR_INVALID,
			"%zu file%s of %s missing or damaged, the first is %s: remove it and download again",
			v.damaged, v.damaged == 1 ? "" : "s", repo, v.first);
	return ok;
}
