/*
 * Bytes pass four stages: escape sequences out, lines written over, UTF-8 made whole, kept.
 * The kept bytes are one block: the first half holds the beginning; the second is a
 * ring with the last bytes.  Until more than that has come it is simply all of it.
 */
#include "tool/output.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sys.h"
#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define PIECE_BYTES 16384
#define WAITING_BYTES 65536

enum { ESCAPE_NONE, ESCAPE_BEGUN, ESCAPE_CSI, ESCAPE_STRING, ESCAPE_STRING_END, ESCAPE_ONE_MORE };

/* ---- The file ---- */

static bool open_file(struct output *o, struct error *err)
{
	o->file = sys.open(o->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (o->file < 0)
		return error_errno(err, "cannot create %s", o->path);
	o->waiting = mem_alloc(WAITING_BYTES);
	return true;
}

/* Writes what waits. */
static void flush(struct output *o)
{
	struct error err = {0};

	if (!o->waiting_n)
		return;
	if (file_write_fd(o->file, (struct str){ o->waiting, o->waiting_n }, &err))
		o->written += o->waiting_n;
	else
		o->trouble = err;
	o->waiting_n = 0;
}

static void write_file(struct output *o, const char *bytes, size_t n)
{
	while (n && o->file >= 0 && o->trouble.kind == ERROR_NONE) {
		uint64_t left = o->file_max - o->written - o->waiting_n;
		size_t room = WAITING_BYTES - o->waiting_n, piece = n < room ? n : room;
		if (piece > left) {
			piece = (size_t)left - utf8_incomplete_tail(bytes, (size_t)left);
			error_set(&o->trouble, ERROR_TOO_LARGE, "it may not get larger");
		}
		memcpy(o->waiting + o->waiting_n, bytes, piece);
		o->waiting_n += piece;
		bytes += piece;
		n -= piece;
		if (o->waiting_n == WAITING_BYTES || o->trouble.kind != ERROR_NONE)
			flush(o);
	}
}

/* ---- Keeping ---- */

static size_t head_max(const struct output *o) { return o->keep / 2; }
static size_t ring_max(const struct output *o) { return o->keep - o->keep / 2; }

/* Where in the ring the byte number `at` of the output lies. */
static size_t ring_place(const struct output *o, uint64_t at)
{
	return head_max(o) + (size_t)((at - head_max(o)) % ring_max(o));
}

/* All that has come, while it still is all there. */
static void begin_file(struct output *o)
{
	struct error err = {0};

	if (open_file(o, &err))
		write_file(o, o->kept, (size_t)o->total);
	else
		o->trouble = err;
}

static void keep(struct output *o, const char *bytes, size_t n)
{
	if (!o->whole && o->total <= o->keep && o->total + n > o->keep)
		begin_file(o);
	write_file(o, bytes, n);
	if (n > o->keep && o->total >= head_max(o)) {        /* only the last of these can stay */
		size_t skip = n - ring_max(o);
		o->total += skip;
		bytes += skip;
		n -= skip;
	}
	while (n) {
		bool head = o->total < head_max(o);
		size_t place = head ? (size_t)o->total : ring_place(o, o->total);
		size_t room = (head ? head_max(o) : o->keep) - place;
		size_t piece = n < room ? n : room;
		memcpy(o->kept + place, bytes, piece);
		o->total += piece;
		bytes += piece;
		n -= piece;
	}
}

/* ---- Whole characters ---- */

static void take_partial(struct output *o, bool last)
{
	uint32_t code;

	while (o->partial_n && (last || utf8_incomplete_tail(o->partial, o->partial_n) != o->partial_n)) {
		size_t n = utf8_decode(o->partial, o->partial_n, &code);
		bool wrong = code == 0xfffd && n == 1;
		keep(o, wrong ? REPLACEMENT : o->partial, wrong ? strlen(REPLACEMENT) : n);
		o->partial_n -= n;
		memmove(o->partial, o->partial + n, o->partial_n);
	}
}

static void take_bytes(struct output *o, const char *bytes, size_t n)
{
	uint32_t code;

	for (; n && o->partial_n; bytes++, n--) {        /* a character that was begun */
		o->partial[o->partial_n++] = *bytes;
		take_partial(o, false);
	}
	while (n) {
		size_t plain = utf8_ascii(bytes, n);
		if (!plain && utf8_incomplete_tail(bytes, n) == n) {
			memcpy(o->partial, bytes, n);
			o->partial_n = n;
			return;
		}
		size_t one = plain ? plain : utf8_decode(bytes, n, &code);
		if (!plain && one == 1)
			keep(o, REPLACEMENT, strlen(REPLACEMENT));
		else
			keep(o, bytes, one);
		bytes += one;
		n -= one;
	}
}

/* ---- Lines ---- */

static void take_line(struct output *o)
{
	take_bytes(o, o->line, o->line_n);
	o->line_n = 0;
}

static void take_byte(struct output *o, char c)
{
	if (c == '\r') {
		o->carriage = true;
		return;
	}
	if (o->carriage && c != '\n')
		o->line_n = 0;
	o->carriage = false;
	if (o->line_n == sizeof o->line)
		take_line(o);
	o->line[o->line_n++] = c;
	if (c == '\n')
		take_line(o);
}

/* ---- Escape sequences (ECMA-48) and control characters ---- */

static void escaped(struct output *o, unsigned char c)
{
	bool more = false;

	if (c == 0x1b) {                         /* another begins; in a string it may be its end */
		o->escape = o->escape == ESCAPE_STRING ? ESCAPE_STRING_END : ESCAPE_BEGUN;
		return;
	}
	switch (o->escape) {
	case ESCAPE_BEGUN:
	case ESCAPE_STRING_END:
		more = c == '[' || (c >= 0x20 && c < 0x30) || (c && strchr("]PX^_", c));
		o->escape = c == '[' ? ESCAPE_CSI : c >= 0x20 && c < 0x30 ? ESCAPE_ONE_MORE : ESCAPE_STRING;
		break;
	case ESCAPE_STRING:
		more = c != 0x07 && c != '\n';           /* one that never ends takes a line at most */
		break;
	default:
		more = c >= 0x20 && c < (o->escape == ESCAPE_CSI ? 0x40 : 0x30);
	}
	if (!more)
		o->escape = ESCAPE_NONE;
	if (c == '\n')
		take_byte(o, '\n');
}

static bool is_plain(unsigned char c) { return (c >= 0x20 && c != 0x7f) || c == '\t'; }

/* Bytes without a line end, which may still be written over. */
static void begin_line(struct output *o, const char *bytes, size_t n)
{
	while (n) {
		size_t piece = sizeof o->line - o->line_n;
		if (!piece) {
			take_line(o);
			continue;
		}
		piece = piece < n ? piece : n;
		memcpy(o->line + o->line_n, bytes, piece);
		o->line_n += piece;
		bytes += piece;
		n -= piece;
	}
}

/* The bytes up to the first that needs a closer look: whole lines at once, then the beginning of one. */
static size_t take_run(struct output *o, const char *bytes, size_t n)
{
	size_t run = 0;

	while (run < n && (is_plain((unsigned char)bytes[run]) || bytes[run] == '\n'))
		run++;
	size_t whole = run;
	while (whole && bytes[whole - 1] != '\n')
		whole--;
	if (whole) {
		take_line(o);
		take_bytes(o, bytes, whole);
	}
	begin_line(o, bytes + whole, run - whole);
	return run;
}

void output_add(struct output *o, struct str bytes)
{
	for (size_t i = 0; i < bytes.n; ) {
		if (!o->escape && !o->carriage)
			i += take_run(o, bytes.p + i, bytes.n - i);
		if (i == bytes.n)
			return;
		unsigned char c = (unsigned char)bytes.p[i++];
		if (o->escape)
			escaped(o, c);
		else if (c == 0x1b)
			o->escape = ESCAPE_BEGUN;
		else if (is_plain(c) || c == '\n' || c == '\r')
			take_byte(o, (char)c);
	}
}

void output_end(struct output *o)
{
	take_line(o);
	take_partial(o, true);
	if (o->trouble.kind == ERROR_NONE)
		flush(o);
	o->carriage = false;
	o->escape = ESCAPE_NONE;
}

/* ---- Both ends of it ---- */

bool output_init(struct output *o, size_t keep_bytes, const char *path, bool whole, struct error *err)
{
	*o = (struct output){ .keep = keep_bytes, .file = -1, .file_max = OUTPUT_FILE_MAX, .whole = whole };
	o->path = mem_strdup(path);
	o->kept = mem_alloc(keep_bytes);
	return !whole || open_file(o, err);
}

void output_done(struct output *o)
{
	file_close(&o->file);
	free(o->path);
	free(o->kept);
	free(o->waiting);
	o->path = o->kept = o->waiting = NULL;
}

static size_t first_of_character(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && i < 4 && ((unsigned char)s[i] & 0xc0) == 0x80)
		i++;
	return i;
}

static bool tell_cut(const struct output *o, struct buf *out, struct error *err)
{
	if (!buf_addf(out, err, "\n\n[... %" PRIu64 " bytes left out; ", o->total - o->keep))
		return false;
	if (o->trouble.kind == ERROR_NONE)
		return buf_addf(out, err, "all of it is in %s ...]\n\n", o->path);
	if (!o->written)
		return buf_addf(out, err, "they are nowhere: %s ...]\n\n", o->trouble.text);
	return buf_addf(out, err, "%s holds the first %" PRIu64 " bytes only: %s ...]\n\n", o->path, o->written,
		o->trouble.text);
}

bool output_text(const struct output *o, struct buf *out, struct error *err)
{
	size_t head = head_max(o);

	if (o->total <= o->keep)
		return buf_add(out, o->kept, (size_t)o->total, err);
	size_t turn = ring_place(o, o->total), skipped = o->keep - turn;
	own_mem char *tail = mem_alloc(ring_max(o));
	memcpy(tail, o->kept + turn, skipped);
	memcpy(tail + skipped, o->kept + head, turn - head);
	size_t cut = first_of_character(tail, ring_max(o));
	return buf_add(out, o->kept, head - utf8_incomplete_tail(o->kept, head), err) && tell_cut(o, out, err) &&
		buf_add(out, tail + cut, ring_max(o) - cut, err);
}

bool output_read(struct output *o, uint64_t *at, size_t most, struct buf *out, struct error *err)
{
	own_mem char *piece = mem_alloc(PIECE_BYTES);

	if (most && o->waiting_n && o->trouble.kind == ERROR_NONE)
		flush(o);
	while (most && *at < o->written) {
		size_t wanted = most < PIECE_BYTES ? most : PIECE_BYTES;
		ssize_t got = pread(o->file, piece, wanted, (off_t)*at);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_errno(err, "cannot read %s", o->path);
		size_t skip = out->len ? 0 : first_of_character(piece, (size_t)got);
		size_t n = (size_t)got - utf8_incomplete_tail(piece, (size_t)got);
		if (!n)
			break;
		if (n > skip && !buf_add(out, piece + skip, n - skip, err))
			return false;
		*at += n;
		most -= n;
	}
	return true;
}
