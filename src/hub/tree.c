#include "hub/tree.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "hub/layout.h"
#include "hub/names.h"

#define FORMAT 1
#define WANTED_MAX ((size_t)16 << 20)

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct hub_file *)a)->path, ((const struct hub_file *)b)->path);
}

void tree_add(struct hub_listing *listing, struct hub_file file)
{
	size_t n = listing->count;

	if (n == 0 || (n >= 16 && (n & (n - 1)) == 0))
		listing->files = mem_resize(listing->files, n < 16 ? 16 : 2 * n, sizeof *listing->files);
	file.path = mem_strdup(file.path);
	listing->files[n] = file;
	listing->count++;
}

void tree_sort(struct hub_listing *listing)
{
	if (listing->count)
		qsort(listing->files, listing->count, sizeof *listing->files, by_path);
}

const struct hub_file *tree_file(const struct hub_listing *listing, const char *path)
{
	struct hub_file key = { .path = (char *)(uintptr_t)path };

	return listing->count ? bsearch(&key, listing->files, listing->count, sizeof key, by_path) : NULL;
}

static bool read_member(struct hub_listing *listing, char *path, const json_t *info, struct error *err)
{
	const char *lfs = json_member_string(info, "lfs_sha256"), *blob = json_member_string(info, "blob_id");
	const json_t *size = json_object_get(info, lfs ? "lfs_size" : "size");
	const char *hash = lfs ? lfs : blob;
	struct hub_file file = { .path = path, .size = (uint64_t)json_integer_value(size) };

	if (!name_check_path(path, err))
		return false;
	if (!blob || !name_is_hash(blob) || !name_is_hash(hash) || !json_is_integer(size) ||
		json_integer_value(size) < 0)
		return error_set(err, ERROR_INVALID, "the listing of a revision is damaged");
	snprintf(file.hash, sizeof file.hash, "%s", hash);
	snprintf(file.git_hash, sizeof file.git_hash, "%s", blob);
	tree_add(listing, file);
	return true;
}

bool tree_parse(struct str text, struct hub_listing *listing, struct error *err)
{
	own_json *tree = json_parse(text, "the listing of a revision", err);
	json_t *files = json_object_get(tree, "files"), *info;
	const char *path;

	if (!tree)
		return false;
	if (json_integer_value(json_object_get(tree, "format_version")) != FORMAT || !json_is_object(files) ||
	    json_object_size(files) > TREE_FILES_MAX)
		return error_set(err, ERROR_INVALID, "the listing of a revision has a format unknown here");
	json_object_foreach(files, path, info)
		if (!read_member(listing, (char *)(uintptr_t)path, info, err)) {
			hub_listing_done(listing);
			return false;
		}
	tree_sort(listing);
	return true;
}

static char *tree_path(const char *repo_folder, const char *commit)
{
	return mem_printf("%s/trees/%s.json", repo_folder, commit);
}

bool tree_read(const char *repo_folder, const char *commit, struct hub_listing *listing)
{
	own_mem char *path = tree_path(repo_folder, commit);
	struct error err;
	size_t n;
	own_mem char *text = path_is_file(path) ? file_read(path, TREE_BYTES_MAX, &n, &err) : NULL;

	*listing = (struct hub_listing){ 0 };
	if (!text || !tree_parse((struct str){ text, n }, listing, &err))
		return false;
	snprintf(listing->commit, sizeof listing->commit, "%s", commit);
	return true;
}

static bool write_member(struct buf *out, const struct hub_file *file, bool first, struct error *err)
{
	bool lfs = strcmp(file->hash, file->git_hash) != 0;

	return buf_adds(out, first ? "\n  " : ",\n  ", err) && json_write_string(out, str_of(file->path), err) &&
	       buf_addf(out, err, ": {\"size\": %llu, \"blob_id\": \"%s\"", (unsigned long long)file->size,
			file->git_hash) &&
	       (!lfs || buf_addf(out, err, ", \"lfs_sha256\": \"%s\", \"lfs_size\": %llu", file->hash,
				(unsigned long long)file->size)) &&
	       buf_adds(out, "}", err);
}

bool tree_write(const char *repo_folder, const struct hub_listing *listing, struct error *err)
{
	own_mem char *path = tree_path(repo_folder, listing->commit);
	own_buf out = BUF_INIT(TREE_BYTES_MAX);
	bool ok = buf_addf(&out, err, "{\n \"format_version\": %d,\n \"files\": {", FORMAT);

	for (size_t i = 0; i < listing->count; i++)
		if (listing->files[i].size == HUB_SIZE_UNKNOWN || !listing->files[i].git_hash[0])
			return true;
	for (size_t i = 0; ok && i < listing->count; i++)
		ok = write_member(&out, &listing->files[i], i == 0, err);
	return ok && buf_adds(&out, "\n }\n}", err) && layout_make_parent(path, err) &&
	       file_write(path, buf_str(&out), 0644, err);
}

static char *wanted_path(const char *repo_folder, const char *commit)
{
	return mem_printf("%s/shammah/%s.wanted", repo_folder, commit);
}

bool tree_read_wanted(const char *repo_folder, const char *commit, struct hub_listing *wanted)
{
	own_mem char *path = wanted_path(repo_folder, commit);
	struct error err;
	size_t n = 0;
	own_mem char *text = path_is_file(path) ? file_read(path, WANTED_MAX, &n, &err) : NULL;
	struct str rest = { text, n }, line;

	*wanted = (struct hub_listing){ 0 };
	while (str_split(&rest, '\n', &line)) {
		own_mem char *name = mem_strndup(line.p, line.n);
		if (name_check_path(name, &err) && wanted->count < TREE_FILES_MAX)
			tree_add(wanted, (struct hub_file){ .path = name, .size = HUB_SIZE_UNKNOWN });
	}
	tree_sort(wanted);
	return wanted->count > 0;
}

bool tree_want(const char *repo_folder, const char *commit, const struct hub_listing *wanted, struct error *err)
{
	own_mem char *path = wanted_path(repo_folder, commit);
	own_hub_listing before = { 0 };
	own_buf out = BUF_INIT(WANTED_MAX);
	bool more = !tree_read_wanted(repo_folder, commit, &before), ok = true;

	for (size_t i = 0; ok && i < before.count; i++)
		ok = buf_addf(&out, err, "%s\n", before.files[i].path);
	for (size_t i = 0; ok && i < wanted->count; i++)
		if (!tree_file(&before, wanted->files[i].path)) {
			more = true;
			ok = buf_addf(&out, err, "%s\n", wanted->files[i].path);
		}
	return ok && (!more || (layout_make_parent(path, err) && file_write(path, buf_str(&out), 0644, err)));
}
