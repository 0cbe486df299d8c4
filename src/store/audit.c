/*
 * Several processes turn the file over at midnight: who holds the folder's lock looks
 * again at whose day the file is, so that today's is never taken for yesterday's.
 */
#include "store/audit.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "config/home.h"
#include "store/lines.h"
#include "store/record.h"

#define DAY_S 86400
#define NAME_NOW "tools.jsonl"

enum { SAME_DAY_MAX = 20 };

void audit_init(struct audit *a, const char *home)
{
	*a = (struct audit){ .home = mem_strdup(home) };
}

void audit_done(struct audit *a)
{
	free(a->home);
	*a = (struct audit){0};
}

/* --- files --------------------------------------------------------------------------- */

static char *folder_of(const char *home)
{
	return home_path(home, HOME_LOGS);
}

static char *path_now(const char *home)
{
	own_mem char *folder = folder_of(home);

	return mem_printf("%s" NAME_NOW, folder);
}

/* "tools-2026-11-28.jsonl", and ".2" and so on before the end when there is one already. */
static char *path_then(const char *folder, int day, int number)
{
	char more[16] = "";

	if (number > 1)
		(void)snprintf(more, sizeof more, ".%d", number);
	return mem_printf("%stools-%04d-%02d-%02d%s.jsonl", folder, day / 10000, day / 100 % 100, day % 100, more);
}

/* The day of the file's last line; 0 when there is none. */
static int day_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_size > 0 ? record_day(st.st_mtime) : 0;
}

/* A name that is taken is never written over. */
static void turn_over(const char *folder, const char *now, int day)
{
	for (int number = 1; number <= SAME_DAY_MAX; number++) {
		own_mem char *then = path_then(folder, day, number);
		if (link(now, then) == 0) {
			(void)unlink(now);
			return;
		}
		if (errno != EEXIST)
			return;
	}
}

/* The day of a name of ours; 0 for any other. */
static int day_named(const char *name)
{
	unsigned year, month, day;
	int end = 0;

	if (sscanf(name, "tools-%4u-%2u-%2u%n", &year, &month, &day, &end) != 3 || end != 16 ||
		!str_ends(str_of(name), ".jsonl"))
		return 0;
	return (int)(year * 10000 + month * 100 + day);
}

static void expire(const char *folder, int64_t now)
{
	int oldest = record_day(now - (int64_t)AUDIT_DAYS * DAY_S);
	DIR *dir = opendir(folder);

	for (struct dirent *entry; dir && (entry = readdir(dir)); ) {
		int day = day_named(entry->d_name);
		own_mem char *path = path_join(folder, entry->d_name);
		if (day && day < oldest)
			(void)unlink(path);
	}
	if (dir)
		closedir(dir);
}

/* Once a day and process.  A folder that cannot be locked is left as it is. */
static void begin_day(struct audit *a, int64_t now)
{
	own_mem char *folder = folder_of(a->home), *path = path_now(a->home);
	int today = record_day(now), last = day_of(path);

	if (a->day == today)
		return;
	a->day = today;
	own_fd fd = sys.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return;
	last = day_of(path);
	if (last && last < today)
		turn_over(folder, path, last);
	expire(folder, now);
}

/* --- lines ------------------------------------------------------------------------------- */

static bool add_text(struct buf *out, const char *key, const char *text, struct error *err)
{
	return !text || (buf_addf(out, err, ",\"%s\":", key) && json_write_string(out, str_of(text), err));
}

static bool write_time(struct buf *out, int64_t time_ms, struct error *err)
{
	time_t seconds = (time_t)(time_ms / 1000);
	struct tm tm;
	char stamp[32];

	if (!gmtime_r(&seconds, &tm) || !strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &tm))
		return error_set(err, ERROR_INTERNAL, "a call without a time");
	return buf_addf(out, err, "{\"time\":\"%s.%03dZ\"", stamp, (int)(time_ms % 1000));
}

/* How much of it is left out, when the line would be too long. */
enum shortness { WHOLE, NO_ARGUMENTS, NO_WORDS, SHORTNESSES };

static bool write_record(struct buf *out, const struct audit_record *r, enum shortness shortness, struct error *err)
{
	bool words = shortness < NO_WORDS;

	buf_clear(out);
	if (!write_time(out, r->time_ms, err) || !add_text(out, "session", r->session, err) ||
		!add_text(out, "tool", r->tool, err))
		return false;
	if (shortness == WHOLE && r->arguments &&
		!(buf_adds(out, ",\"arguments\":", err) && json_write(out, r->arguments, err)))
		return false;
	if (shortness != WHOLE && !buf_adds(out, ",\"left_out\":true", err))
		return false;
	return add_text(out, "decision", r->decision, err) && add_text(out, "why", words ? r->why : NULL, err) &&
		add_text(out, "rule", words ? r->rule : NULL, err) &&
		add_text(out, "file", words ? r->file : NULL, err) && add_text(out, "by", r->by, err) &&
		add_text(out, "result", r->result, err) &&
		buf_addf(out, err, ",\"bytes\":%" PRIu64 ",\"ms\":%" PRIu64 "}", r->bytes, r->ms);
}

static bool append(struct audit *a, const struct audit_record *r, struct error *err)
{
	own_mem char *folder = folder_of(a->home), *path = path_now(a->home);
	own_buf line = BUF_INIT(LINES_LINE_MAX - 2);
	bool written = false;

	for (enum shortness s = WHOLE; !written && s < SHORTNESSES; s++) {
		struct error full = {0};
		written = write_record(&line, r, s, &full);
		if (!written && (full.kind != ERROR_TOO_LARGE || s + 1 == SHORTNESSES)) {
			*err = full;
			return false;
		}
	}
	if (!path_make(folder, 0700, err))
		return false;
	begin_day(a, r->time_ms / 1000);
	return lines_append(path, buf_str(&line), err);
}

bool audit_add(struct audit *a, const struct audit_record *r, struct error *err)
{
	struct error why = {0};
	bool told = a->failed;

	if (!a->home)
		return true;
	a->failed = !append(a, r, &why);
	if (!a->failed || told)
		return true;
	*err = why;
	return error_prefix(err, "what tools do is not logged");
}
