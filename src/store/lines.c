#include "store/lines.h"

#include <errno.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/sys.h"

/* Whether the file ends in the middle of a line. */
static bool is_torn(int fd)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char last;

	return end > 0 && lseek(fd, end - 1, SEEK_SET) >= 0 && sys.read(fd, &last, 1) == 1 && last != '\n';
}

/* All at once or not at all: what is left of a short write would come after other processes' lines. */
static bool write_once(int fd, struct str bytes, struct error *err)
{
	ssize_t n;

	do
		n = sys.write(fd, bytes.p, bytes.n);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_errno(err, "cannot write");
	return (size_t)n == bytes.n || error_set(err, ERROR_INTERNAL, "cannot write a whole line: is the disk full?");
}

bool lines_append(const char *path, struct str line, struct error *err)
{
	own_fd fd = sys.open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	own_buf whole = BUF_INIT(LINES_LINE_MAX + 1);

	if (fd < 0)
		return error_errno(err, "cannot open %s", path);
	if (line.n >= LINES_LINE_MAX)
		return error_set(err, ERROR_TOO_LARGE, "%s: a line of more than %zu bytes", path, LINES_LINE_MAX);
	bool ok = buf_adds(&whole, is_torn(fd) ? "\n" : "", err) && buf_add_str(&whole, line, err) &&
		buf_adds(&whole, "\n", err) && write_once(fd, buf_str(&whole), err);
	return ok || error_prefix(err, "%s", path);
}

struct reader {
	lines_fn *on_line;
	void *user;
	size_t *damaged;
	struct buf begun;          /* a line whose end has not come */
	bool too_long;             /* its beginning is dropped already */
};

static void end_line(struct reader *r, struct str line)
{
	if (r->too_long || (line.n && !r->on_line(r->user, line)))
		++*r->damaged;
	r->too_long = false;
	buf_clear(&r->begun);
}

static void take_piece(struct reader *r, struct str piece)
{
	struct error full;

	while (piece.n) {
		const char *end = memchr(piece.p, '\n', piece.n);
		struct str part = { piece.p, end ? (size_t)(end - piece.p) : piece.n };
		if (end && r->begun.len == 0) {
			end_line(r, part);
		} else {
			r->too_long = r->too_long || !buf_add_str(&r->begun, part, &full);
			if (end)
				end_line(r, buf_str(&r->begun));
		}
		piece = str_from(piece, part.n + (end ? 1 : 0));
	}
}

bool lines_read(const char *path, lines_fn *on_line, void *user, size_t *damaged, struct error *err)
{
	own_fd fd = sys.open(path, O_RDONLY | O_CLOEXEC);
	struct reader r = { on_line, user, damaged, BUF_INIT(LINES_LINE_MAX), false };
	char piece[65536];
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT || error_errno(err, "cannot open %s", path);
	while ((n = sys.read(fd, piece, sizeof piece)) != 0 && (n > 0 || errno == EINTR))
		take_piece(&r, (struct str){ piece, n > 0 ? (size_t)n : 0 });
	if (n == 0 && (r.begun.len || r.too_long))
		end_line(&r, buf_str(&r.begun));
	buf_done(&r.begun);
	return n == 0 || error_errno(err, "cannot read %s", path);
}
