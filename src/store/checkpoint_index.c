/* Paths that are no UTF-8 are written in hexadecimal, for JSON has no other bytes. */
#include "store/checkpoint_index.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "store/lines.h"

void checkpoint_log_done(struct checkpoint_log *log)
{
	for (size_t i = 0; i < log->count; i++)
		free(log->lines[i].path);
	free(log->lines);
	free(log->root);
	*log = (struct checkpoint_log){0};
}

/* --- writing --------------------------------------------------------------------------------- */

static bool add_path(struct buf *out, const char *path, struct error *err)
{
	size_t n = strlen(path);

	if (utf8_valid(path, n))
		return buf_adds(out, "\"path\":", err) && json_write_string(out, (struct str){ path, n }, err);
	if (!buf_adds(out, "\"hex\":\"", err))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!buf_addf(out, err, "%02x", (unsigned char)path[i]))
			return false;
	return buf_adds(out, "\"", err);
}

static bool append(const char *index, struct buf *line, struct error *err)
{
	return lines_append(index, buf_str(line), err);
}

bool checkpoint_index_begin(const char *index, const char *root, struct error *err)
{
	own_buf line = BUF_INIT(LINES_LINE_MAX);

	return buf_addf(&line, err, "{\"version\":1,\"at\":%" PRId64 ",", clock_unix()) && add_path(&line, root, err) &&
		buf_adds(&line, "}", err) && append(index, &line, err);
}

bool checkpoint_index_add(const char *index, const struct checkpoint_line *l, struct error *err)
{
	own_buf line = BUF_INIT(LINES_LINE_MAX);
	const char *what = l->after ? "is" : "was";

	if (!buf_addf(&line, err, "{\"turn\":%u,\"at\":%" PRId64 ",", l->turn, l->at) || !add_path(&line, l->path, err))
		return false;
	if (!(l->state.absent ? buf_addf(&line, err, ",\"%s\":null", what) :
		buf_addf(&line, err, ",\"%s\":\"%s\",\"mode\":%u", what, l->state.digest, (unsigned)l->state.mode)))
		return false;
	if (l->by[0] && !buf_addf(&line, err, ",\"by\":\"%s\"", l->by))
		return false;
	return buf_adds(&line, "}", err) && append(index, &line, err);
}

/* --- reading --------------------------------------------------------------------------------- */

static char *from_hex(struct str hex)
{
	if (hex.n % 2)
		return NULL;
	char *bytes = mem_zeroed(hex.n / 2 + 1, 1);
	for (size_t i = 0; i < hex.n / 2; i++) {
		unsigned byte;
		char two[3] = { hex.p[2 * i], hex.p[2 * i + 1], '\0' };
		if (sscanf(two, "%2x", &byte) != 1 || !byte) {
			free(bytes);
			return NULL;
		}
		bytes[i] = (char)byte;
	}
	return bytes;
}

/* NULL: it has none. */
static char *read_path(const json_t *object)
{
	const char *path = json_member_string(object, "path"), *hex = json_member_string(object, "hex");
	char *found = path ? mem_strdup(path) : hex ? from_hex(str_of(hex)) : NULL;

	if (found && found[0] == '/')
		return found;
	free(found);
	return NULL;
}

static bool is_digest(const char *text)
{
	return text && (!text[0] || (strlen(text) == SHA_HEX_MAX && strspn(text, "0123456789abcdef") == SHA_HEX_MAX));
}

static bool read_state(const json_t *object, struct checkpoint_line *l)
{
	const json_t *was = json_object_get(object, "was"), *is = json_object_get(object, "is");
	const json_t *value = was ? was : is;

	l->after = !was;
	l->state.absent = json_is_null(value);
	l->state.mode = (mode_t)(json_integer_value(json_object_get(object, "mode")) & 0777);
	if (l->state.absent)
		return true;
	if (!is_digest(json_string_value(value)))
		return false;
	(void)snprintf(l->state.digest, sizeof l->state.digest, "%s", json_string_value(value));
	return true;
}

static bool read_line(void *user, struct str text)
{
	struct checkpoint_log *log = user;
	struct checkpoint_line l = {0};
	struct error unused;
	own_json *object = json_parse_object(text, "line", &unused);
	own_mem char *path = object ? read_path(object) : NULL;
	const char *by = json_member_string(object, "by");

	if (!path)
		return false;
	if (json_object_get(object, "version")) {
		if (!log->root)
			log->root = take(path);
		return true;
	}
	json_int_t turn = json_integer_value(json_object_get(object, "turn"));
	if (turn < 1 || turn > UINT32_MAX || !read_state(object, &l))
		return false;
	l.turn = (unsigned)turn;
	l.at = json_integer_value(json_object_get(object, "at"));
	(void)snprintf(l.by, sizeof l.by, "%s", by ? by : "");
	if (log->count == log->cap) {
		log->cap = log->cap ? log->cap * 2 : 32;
		log->lines = mem_resize(log->lines, log->cap, sizeof *log->lines);
	}
	l.path = take(path);
	log->lines[log->count++] = l;
	return true;
}

bool checkpoint_index_read(const char *index, struct checkpoint_log *log, struct error *err)
{
	*log = (struct checkpoint_log){0};
	if (!lines_read(index, read_line, log, &log->damaged, err))
		return false;
	return log->root || error_set(err, ERROR_NOT_FOUND, "%s is missing or damaged", index);
}
