#include "config/document.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sys.h"
#include "config/findings.h"
#include "config/json_lines.h"
#include "config/toml.h"

const char *const config_file_state_names[CONFIG_FILE_STATES] = {
	[CONFIG_FILE_ABSENT] = "not there", [CONFIG_FILE_READ] = "read", [CONFIG_FILE_BROKEN] = "broken",
};

void file_note(struct config *c, const char *path, const char *name, enum config_file_state state,
	const struct stamp *stamp)
{
	c->files = mem_resize(c->files, c->file_count + 1, sizeof *c->files);
	c->files[c->file_count++] = (struct config_file){ mem_strdup(path), mem_strdup(name), state, *stamp };
}

static bool is_regular(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

char *document_text(const char *path, const char *name, size_t limit, size_t *len, struct stamp *stamp,
	struct error *err)
{
	own_buf text = BUF_INIT(limit);
	own_fd fd = sys.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	*stamp = fd < 0 ? stamp_path(path) : stamp_fd(fd);
	if (fd < 0)
		return error_errno(err, "%s: cannot open", name), NULL;
	if (!is_regular(fd))
		return error_set(err, ERROR_INVALID, "%s: is no regular file", name), NULL;
	if (!file_read_fd(fd, &text, err))
		return error_prefix(err, "%s", name), NULL;
	return buf_detach(&text, len);
}

static bool parse(struct document *d, struct error *err)
{
	struct str text = { d->text, d->len };

	if (d->scope == SCOPE_OURS)
		return toml_parse(text, d->name, &d->root, &d->lines, err);
	d->root = json_parse(text, d->name, err);
	if (!d->root) {
		struct error why = *err;
		return error_set(err, ERROR_INVALID,
			"%s; accepted: JSON without comments, commas at the end, or keys given twice", why.text);
	}
	if (json_is_object(d->root))
		return true;
	json_decref(take(d->root));
	return error_set(err, ERROR_INVALID, "%s:1: holds something else; accepted: a JSON object, { ... }", d->name);
}

void document_read(struct document *d, struct config *c)
{
	struct error err = {0};
	struct stamp stamp = {0};
	enum config_file_state state = CONFIG_FILE_READ;

	if (!d->text)
		d->text = document_text(d->path, d->name, DOCUMENT_MAX, &d->len, &stamp, &err);
	if (!d->text && err.kind == ERROR_NOT_FOUND) {
		state = CONFIG_FILE_ABSENT;
	} else if (!d->text || !parse(d, &err)) {
		state = CONFIG_FILE_BROKEN;
		finding_add(c, FINDING_ERROR, "%s", err.text);
	}
	file_note(c, d->path, d->name, state, &stamp);
}

void document_done(struct document *d)
{
	free(d->path);
	free(d->name);
	free(d->folder);
	free(d->text);
	json_decref(d->root);
	json_decref(d->lines);
	*d = (struct document){0};
}

void document_finding(const struct document *d, struct config *c, enum finding_kind kind, const char *path,
	const char *fmt, ...)
{
	char text[600];
	int line = d->lines ? toml_line(d->lines, path) : json_line((struct str){ d->text, d->len }, path);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	finding_add(c, kind, "%s:%d: %.150s: %s", d->name, line, path, text);
}
