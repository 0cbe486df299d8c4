#include "store/record.h"

#include <dirent.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/home.h"
#include "store/lines.h"

#define MICRO 1e6
#define DAY_S 86400

static bool utc(int64_t time, struct tm *day)
{
	time_t seconds = (time_t)time;

	return gmtime_r(&seconds, day) && day->tm_year >= 70 && day->tm_year < 8000;
}

int record_day(int64_t time)
{
	struct tm day;

	if (!utc(time, &day))
		return 0;
	return (day.tm_year + 1900) * 10000 + (day.tm_mon + 1) * 100 + day.tm_mday;
}

static char *path_of_day(const char *home, int day)
{
	own_mem char *folder = home_path(home, HOME_METRICS);

	return mem_printf("%s%04d-%02d-%02d.jsonl", folder, day / 10000, day / 100 % 100, day % 100);
}

/* ---- writing ---- */

static const struct { const char *key; size_t offset; } names[] = {
	{ "source", offsetof(struct metric_record, source) },
	{ "result", offsetof(struct metric_record, result) },
	{ "teacher", offsetof(struct metric_record, teacher) },
	{ "provider", offsetof(struct metric_record, provider) },
	{ "model", offsetof(struct metric_record, model) },
	{ "query", offsetof(struct metric_record, query) },
}, figures[] = {
	{ "prompt_tokens", offsetof(struct metric_record, prompt_tokens) },
	{ "cached_tokens", offsetof(struct metric_record, cached_tokens) },
	{ "written_tokens", offsetof(struct metric_record, written_tokens) },
	{ "completion_tokens", offsetof(struct metric_record, completion_tokens) },
	{ "thought_tokens", offsetof(struct metric_record, thought_tokens) },
	{ "ms", offsetof(struct metric_record, ms) },
};

static bool write_dollars(struct buf *out, const char *key, uint64_t micro, struct error *err)
{
	return buf_addf(out, err, ",\"%s\":%" PRIu64 ".%06" PRIu64, key, micro / 1000000, micro % 1000000);
}

static bool write_record(struct buf *out, const struct metric_record *r, struct error *err)
{
	struct tm day;
	char stamp[32];

	if (!utc(r->time, &day))
		return error_set(err, ERROR_INTERNAL, "an answer without a time");
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &day);
	if (!buf_addf(out, err, "{\"time\":\"%s\"", stamp))
		return false;
	for (size_t i = 0; i < countof(names); i++) {
		const char *text = *(const char *const *)((const char *)r + names[i].offset);
		if (text && !buf_addf(out, err, ",\"%s\":", names[i].key))
			return false;
		if (text && !json_write_string(out, str_of(text), err))
			return false;
	}
	for (size_t i = 0; i < countof(figures); i++) {
		uint64_t figure = *(const uint64_t *)((const char *)r + figures[i].offset);
		if (figure && !buf_addf(out, err, ",\"%s\":%" PRIu64, figures[i].key, figure))
			return false;
	}
	return (!r->cost_known || write_dollars(out, "cost_usd", r->cost, err)) &&
		(r->saved == 0 || write_dollars(out, "saved_usd", r->saved, err)) &&
		(!r->escalated || buf_adds(out, ",\"escalated\":true", err)) &&
		buf_adds(out, r->estimated ? ",\"estimated\":true}" : "}", err);
}

bool record_append(const char *home, const struct metric_record *r, struct error *err)
{
	own_mem char *folder = home_path(home, HOME_METRICS), *path = path_of_day(home, record_day(r->time));
	own_buf line = BUF_INIT(LINES_LINE_MAX);

	return write_record(&line, r, err) && path_make(folder, 0700, err) && lines_append(path, buf_str(&line), err);
}

/* ---- reading ---- */

struct reading {
	record_fn *on_record;
	void *user;
	int64_t day;               /* its first second */
};

static uint64_t read_dollars(const json_t *object, const char *key)
{
	double dollars = json_number_value(json_object_get(object, key));

	return dollars > 0 && dollars < 1e12 ? (uint64_t)llround(dollars * MICRO) : 0;
}

/* The time of day from "…T10:20:30Z", added to the day whose file it stands in. */
static int64_t read_time(const char *stamp, int64_t day)
{
	const char *clock = stamp ? strchr(stamp, 'T') : NULL;
	unsigned hour, minute, second;

	if (!clock || sscanf(clock, "T%2u:%2u:%2uZ", &hour, &minute, &second) != 3)
		return day;
	return day + hour * 3600 + minute * 60 + second;
}

static bool read_line(void *user, struct str line)
{
	const struct reading *reading = user;
	struct error unread;
	own_json *object = json_parse(line, "metrics", &unread);
	struct metric_record r = {
		.cost_known = json_is_number(json_object_get(object, "cost_usd")),
		.cost = read_dollars(object, "cost_usd"), .saved = read_dollars(object, "saved_usd"),
		.escalated = json_is_true(json_object_get(object, "escalated")),
		.estimated = json_is_true(json_object_get(object, "estimated")),
	};

	if (!json_is_object(object) || !json_member_string(object, "source"))
		return false;
	r.time = read_time(json_member_string(object, "time"), reading->day);
	for (size_t i = 0; i < countof(names); i++)
		*(const char **)((char *)&r + names[i].offset) = json_member_string(object, names[i].key);
	for (size_t i = 0; i < countof(figures); i++) {
		json_int_t figure = json_integer_value(json_object_get(object, figures[i].key));
		*(uint64_t *)((char *)&r + figures[i].offset) = figure > 0 ? (uint64_t)figure : 0;
	}
	reading->on_record(reading->user, &r);
	return true;
}

static int64_t first_second(int day)
{
	struct tm tm = { .tm_year = day / 10000 - 1900, .tm_mon = day / 100 % 100 - 1, .tm_mday = day % 100 };

	return (int64_t)timegm(&tm);
}

bool records_read(const char *home, int first, int last, record_fn *on_record, void *user, size_t *damaged,
	struct error *err)
{
	for (int64_t at = first_second(first), end = first_second(last); at <= end; at += DAY_S) {
		struct reading reading = { on_record, user, at };
		own_mem char *path = path_of_day(home, record_day(at));
		if (!lines_read(path, read_line, &reading, damaged, err))
			return false;
	}
	return true;
}

/* ---- forgetting ---- */

/* The day of a name of ours; 0 for any other. */
static int day_named(const char *name)
{
	unsigned year, month, day;
	int end = 0;

	if (sscanf(name, "%4u-%2u-%2u.jsonl%n", &year, &month, &day, &end) != 3 || end != 16 || name[end])
		return 0;
	return (int)(year * 10000 + month * 100 + day);
}

size_t records_expire(const char *home, int64_t now)
{
	own_mem char *folder = home_path(home, HOME_METRICS);
	int oldest = record_day(now - (int64_t)RECORD_DAYS * DAY_S);
	DIR *dir = opendir(folder);
	size_t count = 0;

	if (!dir)
		return 0;
	for (struct dirent *entry; (entry = readdir(dir)); ) {
		int day = day_named(entry->d_name);
		own_mem char *path = path_join(folder, entry->d_name);
		if (day && day < oldest && unlink(path) == 0)
			count++;
	}
	closedir(dir);
	return count;
}
