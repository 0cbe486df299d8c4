#include "tool/change.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "store/checkpoints.h"
#include "tool/diff.h"
#include "tool/input.h"

static void digest(struct str bytes, char hex[SHA_HEX_MAX + 1])
{
	struct sha sha;

	hex[0] = '\0';
	if ((off_t)bytes.n > SEEN_DIGEST_MAX)
		return;
	sha_init(&sha, SHA_256);
	sha_feed(&sha, bytes);
	sha_hex(&sha, hex);
}

/* What cannot be written back as it was is not for us to edit. */
static bool check_way_back(struct change_file *f, struct error *err)
{
	own_buf back = BUF_INIT(CHANGE_FILE_MAX * 2);
	struct str bytes = str_from(buf_str(&f->bytes), f->encoding.mark);

	if (!encoding_encode(f->encoding.kind, f->text, &back, err))
		return false;
	return str_equal(bytes, buf_str(&back)) || error_set(err, ERROR_INVALID,
		"%s is in %s with damaged characters, which editing would lose: use a program in Bash", f->name,
		encoding_name(f->encoding.kind));
}

static bool decode(struct change_file *f, struct error *err)
{
	struct str bytes = buf_str(&f->bytes);

	f->encoding = encoding_guess(bytes, true);
	bytes = str_from(bytes, f->encoding.mark);
	f->text = bytes;
	if (f->encoding.kind == ENCODING_UTF8)
		return true;
	if (f->encoding.kind == ENCODING_BINARY)
		return error_set(err, ERROR_INVALID, "%s is a binary file, no text: use a program in Bash", f->name);
	if (!encoding_decode(f->encoding.kind, &bytes, true, &f->decoded, err))
		return false;
	f->text = buf_str(&f->decoded);
	return check_way_back(f, err);
}

static bool read_whole(struct change_file *f, int fd, struct error *err)
{
	char hex[SHA_HEX_MAX + 1];

	if (!file_read_fd(fd, &f->bytes, err)) {
		if (err->kind == ERROR_TOO_LARGE)
			return error_set(err, ERROR_TOO_LARGE, "%s has more than %zu MB: use a program in Bash",
				f->name,
				CHANGE_FILE_MAX >> 20);
		return error_prefix(err, "%s", f->name);
	}
	digest(buf_str(&f->bytes), hex);
	f->seen = seen_compare(f->job->context->seen, f->real, &f->was, hex);
	return decode(f, err);
}

bool change_file_load(struct change_file *f, struct tool_job *job, const struct tool_kind *tool, struct error *err)
{
	struct error why = {0};

	*f = (struct change_file){ .job = job, .by = tool->name,
		.name = tool_input_str(job->input, tool->path_member).p,
		.bytes = BUF_INIT(CHANGE_FILE_MAX), .decoded = BUF_INIT(CHANGE_FILE_MAX * 2) };
	f->real = open_real(job, tool->path_member, true, err);
	if (!f->real)
		return false;
	own_fd fd = real_open(f->real, &f->was, &why);
	f->there = fd >= 0;
	if (f->there)
		return read_whole(f, fd, err);
	if (why.kind == ERROR_NOT_FOUND)
		return true;
	*err = why;
	return false;
}

void change_file_done(struct change_file *f)
{
	free(f->real);
	buf_done(&f->bytes);
	buf_done(&f->decoded);
}

void change_file_describe(struct change_file *f, struct str text)
{
	json_t *details = diff_json(f->text, text);

	json_object_set_new(details, "filePath", json_string(f->name));
	json_object_set_new(details, "created", json_boolean(!f->there));
	json_decref(f->job->details);
	f->job->details = details;
}

bool change_file_write(struct change_file *f, struct str text, struct error *err)
{
	own_buf encoded = BUF_INIT(CHANGE_FILE_MAX * 2);
	char hex[SHA_HEX_MAX + 1];
	struct checkpoints *checkpoints = tool_checkpoints(f->job->context);
	struct error why = {0};
	struct str bytes = text;
	struct stat now;

	if (f->encoding.mark || f->encoding.kind != ENCODING_UTF8) {
		if (!buf_add(&encoded, f->bytes.data, f->encoding.mark, err) ||
		    !encoding_encode(f->encoding.kind, text, &encoded, err))
			return false;
		bytes = buf_str(&encoded);
	}
	if (cancel_fired(f->job->cancel))
		return error_set(err, ERROR_CANCELLED, "cancelled: nothing was written");
	if (checkpoints && !checkpoint_file_before(checkpoints, f->real, f->by, &f->job->text, err))
		return false;
	if (!real_replace(f->real, bytes, f->there ? &f->was : NULL, 0666, &now, err))
		return false;
	if (checkpoints && !checkpoint_file_after(checkpoints, f->real, &why))
		buf_putf(&f->job->text, "[Taking this back with `shammah rewind` will need --yes: %s]\n", why.text);
	digest(bytes, hex);
	seen_note(f->job->context->seen, f->real, &now, hex);
	return true;
}
