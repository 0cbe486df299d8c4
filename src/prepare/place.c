#include "prepare/place.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "hub/lock.h"
#include "model/onnx_scan.h"
#include "model/prepared.h"
#include "text/digest.h"

enum { NOTE_MAX_BYTES = 32768, POLL_MS = 100 };

/* Raised when the same graph would be prepared otherwise. */
#define REVISION 1

/* ---- Where ---- */

/* ".../models--OWNER--NAME/snapshots/COMMIT" is split into the repository's folder and the commit. */
static bool split_snapshot(char *folder, char **commit)
{
	char *slash = strrchr(folder, '/');
	static const char middle[] = "/snapshots";
	size_t n;

	if (!slash)
		return false;
	*slash = '\0';
	*commit = slash + 1;
	n = strlen(folder);
	if (n < sizeof middle || strcmp(folder + n - (sizeof middle - 1), middle) != 0)
		return false;
	folder[n - (sizeof middle - 1)] = '\0';
	return strncmp(path_base(folder), "models--", 8) == 0;
}

/* Whether files can be made in a folder, which is made itself where missing. */
static bool can_write(const char *folder)
{
	struct error ignored = {0};

	return path_make(folder, 0755, &ignored) && access(folder, W_OK) == 0;
}

static char *beside(const char *resolved, const char *precision)
{
	own_mem char *repository = mem_strdup(resolved), *folder = NULL;
	char *commit;

	if (split_snapshot(repository, &commit)) {
		folder = path_join(repository, "shammah");
		return can_write(folder) ? mem_printf("%s/%s-%s.decoder", folder, commit, precision) : NULL;
	}
	folder = path_join(resolved, ".shammah");
	return can_write(folder) ? mem_printf("%s/%s.decoder", folder, precision) : NULL;
}

char *place_of(const struct model_files *files, const char *fallback, struct error *err)
{
	char resolved[PATH_MAX];

	if (!realpath(files->folder, resolved)) {
		error_errno(err, "cannot find %s", files->folder);
		return NULL;
	}
	char *path = beside(resolved, files->precision);
	if (!path && fallback && can_write(fallback))
		path = mem_printf("%s/%016llx-%s.decoder", fallback,
			(unsigned long long)digest_short(resolved, strlen(resolved)), files->precision);
	if (!path)
		error_set(err, ERROR_DENIED, "%s cannot be written to, so no prepared file can be kept there",
			resolved);
	return path;
}

/* ---- From what ---- */

static bool add_file(json_t *list, const char *folder, const char *name, struct error *err)
{
	own_mem char *path = path_join(folder, name);
	struct stat status;

	if (stat(path, &status) < 0)
		return error_errno(err, "cannot open %s", path);
	json_array_append_new(list, json_pack("[s, I, I]", name, (json_int_t)status.st_size,
		(json_int_t)file_modified_ns(&status)));
	return true;
}

json_t *place_stamp(const struct model_files *files, struct error *err)
{
	own_mem char *folder = mem_strndup(files->graph, (size_t)(path_base(files->graph) - files->graph));
	own_json *list = json_array();
	own_onnx scan = {0};

	if (!onnx_scan_file(&scan, files->graph, err) || !add_file(list, files->folder, "config.json", err) ||
	    !add_file(list, folder, path_base(files->graph), err))
		return NULL;
	for (size_t i = 0; i < scan.external_count; i++)
		if (!add_file(list, folder, scan.externals[i].path, err))
			return NULL;
	return json_pack("{s:s, s:i, s:i, s:O}", "program", SHAMMAH_VERSION, "revision", REVISION,
		"layout", MATRIX_LAYOUT,
		"files", list);
}

bool place_is_current(const char *path, const json_t *stamp)
{
	struct error ignored = {0};
	own_prepared p = {0};
	own_json *description = path_is_file(path) && prepared_open(&p, path, &ignored) ?
		json_parse(p.description, "description", &ignored) : NULL;

	if (description && json_equal(json_object_get(description, "stamp"), stamp))
		return true;
	if (path_is_file(path))
		(void)unlink(path);
	return false;
}

/* ---- Notes ---- */

char *place_refusal(const char *path, const json_t *stamp)
{
	own_mem char *note = mem_printf("%s.refused", path);
	struct error ignored = {0};
	own_json *value = path_is_file(note) ? json_parse_file(note, NOTE_MAX_BYTES, &ignored) : NULL;
	const char *reason = json_member_string(value, "reason");

	if (reason && json_equal(json_object_get(value, "stamp"), stamp))
		return mem_strdup(reason);
	if (path_is_file(note))
		(void)unlink(note);
	return NULL;
}

/* A note that cannot be kept costs another try, no more. */
void place_note_refusal(const char *path, const json_t *stamp, const char *reason)
{
	own_mem char *note = mem_printf("%s.refused", path);
	own_json *value = json_pack("{s:s, s:O}", "reason", reason, "stamp", stamp);
	own_buf text = BUF_INIT(NOTE_MAX_BYTES);
	struct error ignored = {0};

	if (value && json_write(&text, value, &ignored))
		(void)!file_write(note, buf_str(&text), 0644, &ignored);
}

/* ---- One at a time ---- */

void place_clean(const char *path)
{
	own_mem char *folder = mem_strndup(path, (size_t)(path_base(path) - path));
	own_mem char *start = mem_printf("%s.tmp.", path_base(path));
	DIR *directory = opendir(folder);

	for (struct dirent *entry; directory && (entry = readdir(directory)); ) {
		own_mem char *left = path_join(folder, entry->d_name);
		if (strncmp(entry->d_name, start, strlen(start)) == 0)
			(void)unlink(left);
	}
	if (directory)
		closedir(directory);
}

int place_lock(const char *path, struct cancel *cancel, struct error *err)
{
	own_mem char *lock = mem_printf("%s.lock", path);
	int fd = -1;

	for (;;) {
		enum lock_result result = lock_try(lock, &fd, err);

		if (result == LOCK_HELD)
			return fd;
		if (result == LOCK_FAILED)
			return -1;
		if (cancel_fired(cancel)) {
			error_set(err, ERROR_CANCELLED, "preparing the model was cancelled");
			return -1;
		}
		clock_sleep_ms(POLL_MS);
	}
}
