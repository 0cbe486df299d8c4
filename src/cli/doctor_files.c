/* ~/.shammah, the disk, and the files of the configuration. */
#include "cli/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"
#include "config/home.h"
#include "hub/hub.h"
#include "hub/sizes.h"

#define DISK_LEAST ((uint64_t)2 << 30)
#define DISK_NEEDED ((uint64_t)16 << 20) /* for settings, log, history */

/* Says of a file or folder that others can reach it, or that it is not ours; true when all is well. */
static bool check_mode(struct doctor *d, const char *path, const char *shown, const struct stat *st)
{
	unsigned wanted = S_ISDIR(st->st_mode) ? 0700 : 0600, mode = st->st_mode & 0777;
	own_mem char *chmod = mem_printf("chmod %o %s", wanted, path),
		     *chown = mem_printf("chown -R \"$USER\" %s", d->home);

	if (st->st_uid != geteuid()) {
		report_add(&d->report, REPORT_FAIL, chown, "%s belongs to another user", shown);
		return false;
	}
	if (mode & 077) {
		report_add(
			&d->report, REPORT_WARN, chmod, "%s is %04o: others on this machine can reach it", shown, mode);
		return false;
	}
	if ((mode & wanted) != wanted) {
		report_add(&d->report, REPORT_FAIL, chmod, "%s is %04o: it cannot be read and written", shown, mode);
		return false;
	}
	return true;
}

/* What others may not read; how many were there. */
static size_t check_files(struct doctor *d, bool *well)
{
	size_t found = 0;

	for (size_t i = 0; i < HOME_FILES; i++) {
		own_mem char *path = home_path(d->home, (enum home_file)i);
		struct stat st;
		if (stat(path, &st) < 0)
			continue;
		found++;
		*well &= check_mode(d, path, path, &st);
	}
	return found;
}

/* In a folder, or where it would be made; errno says why not. */
static bool may_write(const char *folder)
{
	own_mem char *at = mem_strdup(folder);
	char *slash;

	while (access(at, F_OK) < 0 && errno == ENOENT && (slash = strrchr(at, '/')) && slash != at)
		*slash = '\0';
	return access(at, W_OK) == 0 || errno == ENOTDIR;
}

void doctor_folder(struct doctor *d)
{
	struct stat st;
	bool well;

	if (!d->home) {
		report_add(&d->report, REPORT_FAIL, "set HOME", "there is no home folder for ~/.shammah");
		return;
	}
	if (!may_write(d->home)) {
		report_add(&d->report, REPORT_FAIL, "make it writable, or name another folder in SHAMMAH_HOME",
			"nothing can be written in %s: %s", d->home, strerror(errno));
		return;
	}
	if (stat(d->home, &st) < 0) {
		report_add(&d->report, errno == ENOENT ? REPORT_OK : REPORT_FAIL, NULL, "%s: %s", d->home,
			errno == ENOENT ? "not there yet; the first question makes it" : strerror(errno));
		return;
	}
	if (!S_ISDIR(st.st_mode)) {
		own_mem char *advice = mem_printf("mv %s %s.old", d->home, d->home);
		report_add(&d->report, REPORT_FAIL, advice, "%s is not a folder", d->home);
		return;
	}
	well = check_mode(d, d->home, d->home, &st);
	size_t found = well ? check_files(d, &well) : 0;
	if (well)
		report_add(&d->report, REPORT_OK, NULL, "%s, 0700, with %zu files of mode 0600", d->home, found);
}

/* Free bytes where a folder is or will be; false when that cannot be told. */
static bool free_bytes(const char *folder, uint64_t *bytes)
{
	own_mem char *at = mem_strdup(folder);
	struct statvfs fs;

	while (statvfs(at, &fs) < 0) {
		char *slash = strrchr(at, '/');
		if (!slash || slash == at)
			return false;
		*slash = '\0';
	}
	*bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	return true;
}

static void check_disk(struct doctor *d, const char *folder, const char *what, uint64_t least, const char *advice,
	enum report_result when_low)
{
	char size[SIZE_TEXT];
	uint64_t bytes;

	if (!folder || !free_bytes(folder, &bytes))
		return;
	bool low = bytes < least;
	report_add(&d->report, low ? when_low : REPORT_OK, low ? advice : NULL, "%s: %s free at %s", what,
		size_text(bytes, size), folder);
}

void doctor_disk(struct doctor *d)
{
	struct error err = {0};
	own_hub hub = {0};

	check_disk(d, d->home, "settings", DISK_NEEDED, "free some space: nothing can be written", REPORT_FAIL);
	if (hub_init(&hub, &err))
		check_disk(d, hub.cache, "models", DISK_LEAST,
			"too little for most models: free some, or set HF_HOME to a larger disk", REPORT_WARN);
	else
		report_add(&d->report, REPORT_FAIL, NULL, "%s", err.text);
}

void doctor_settings(struct doctor *d)
{
	static const enum report_result results[] = {
		[FINDING_NOTE] = REPORT_OK, [FINDING_WARNING] = REPORT_WARN, [FINDING_ERROR] = REPORT_FAIL,
	};
	const struct config *c = d->config;
	size_t read = 0;

	for (size_t i = 0; i < c->file_count; i++) {
		const struct config_file *f = &c->files[i];
		if (f->state == CONFIG_FILE_ABSENT)
			continue;
		report_add(&d->report, f->state == CONFIG_FILE_READ ? REPORT_OK : REPORT_FAIL, NULL, "%s: %s", f->name,
			config_file_state_names[f->state]);
		read++;
	}
	if (!read)
		report_add(&d->report, REPORT_OK, NULL, "no file of settings; `shammah setup` writes one");
	for (size_t i = 0; i < c->finding_count; i++)
		report_add(&d->report, results[c->findings[i].kind], NULL, "%s", c->findings[i].text);
	if (d->trouble.kind != ERROR_NONE && !c->finding_count)
		report_add(&d->report, REPORT_FAIL, NULL, "%s", d->trouble.text);
}
