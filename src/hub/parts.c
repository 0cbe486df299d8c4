/*
 * The journal, at offset `size`: "shammah parts 1\n", the size and the piece's
 * length (8 bytes each), then for each piece the first 8 bytes of its SHA-256;
 * numbers as this machine writes them.
 */
#include "hub/parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sha.h"
#include "base/sys.h"

#define READ_PIECE ((size_t)1 << 20)

static const char magic[16] = "shammah parts 1\n";

struct journal_head {
	char magic[16];
	uint64_t size, piece;
};

static char *parts_path(const char *blob) { return mem_printf("%s.parts.incomplete", blob); }

static uint64_t digest_of(const char *hex)
{
	char first[17];

	snprintf(first, sizeof first, "%.16s", hex);
	uint64_t digest = strtoull(first, NULL, 16);
	return digest ? digest : 1;        /* 0 means: not whole */
}

static off_t mark_offset(const struct parts *p, size_t index)
{
	return (off_t)(p->size + sizeof(struct journal_head) + 8 * index);
}

uint64_t parts_begin(const struct parts *p, size_t index) { return p->piece * index; }

uint64_t parts_length(const struct parts *p, size_t index)
{
	uint64_t begin = parts_begin(p, index);

	return p->size - begin < p->piece ? p->size - begin : p->piece;
}

static bool write_at(const struct parts *p, off_t where, struct str bytes, struct error *err)
{
	while (bytes.n) {
		ssize_t n = sys.pwrite(p->fd, bytes.p, bytes.n, where);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == ENOSPC || errno == EDQUOT))
			return error_set(err, ERROR_TOO_LARGE, "the disk is full: %s", strerror(errno));
		if (n < 0)
			return error_errno(err, "cannot write %s", p->path);
		bytes = str_from(bytes, (size_t)n);
		where += n;
	}
	return true;
}

bool parts_write(const struct parts *p, uint64_t where, struct str bytes, struct error *err)
{
	return write_at(p, (off_t)where, bytes, err);
}

bool parts_note(const struct parts *p, size_t index, const char *hex, struct error *err)
{
	uint64_t digest = digest_of(hex);

	return write_at(p, mark_offset(p, index), (struct str){ (const char *)&digest, sizeof digest }, err);
}

/* All of n bytes, or fewer at the end of the file. */
static size_t read_at(int fd, void *to, size_t n, off_t where)
{
	size_t got = 0;

	while (got < n) {
		ssize_t r = pread(fd, (char *)to + got, n - got, where + (off_t)got);
		if (r < 0 && errno == EINTR)
			continue;
		if (r <= 0)
			break;
		got += (size_t)r;
	}
	return got;
}

/* The digest of a piece as it lies on the disk; false when the file ends before it does. */
static bool read_piece(const struct parts *p, size_t index, char *space, char hex[SHA_HEX_MAX + 1])
{
	uint64_t at = parts_begin(p, index), end = at + parts_length(p, index);
	struct sha sha;

	sha_init(&sha, SHA_256);
	while (at < end) {
		size_t n = end - at < READ_PIECE ? (size_t)(end - at) : READ_PIECE;
		if (read_at(p->fd, space, n, (off_t)at) < n)
			return false;
		sha_feed(&sha, (struct str){ space, n });
		at += n;
	}
	sha_hex(&sha, hex);
	return true;
}

static bool has_journal(const struct parts *p)
{
	struct journal_head head;

	return read_at(p->fd, &head, sizeof head, (off_t)p->size) == sizeof head &&
	       memcmp(head.magic, magic, sizeof magic) == 0 && head.size == p->size &&
	       head.piece == p->piece;
}

/* A journal of its own for a file that has none: marks for the pieces that lie in its first `length` bytes. */
static bool begin_journal(const struct parts *p, uint64_t length, char *space, struct cancel *cancel, struct error *err)
{
	struct journal_head head = { .size = p->size, .piece = p->piece };
	char hex[SHA_HEX_MAX + 1];

	memcpy(head.magic, magic, sizeof magic);
	if (ftruncate(p->fd, (off_t)(length < p->size ? length : p->size)) < 0 ||
	    ftruncate(p->fd, mark_offset(p, p->count)) < 0)
		return error_errno(err, "cannot write %s", p->path);
	if (!write_at(p, (off_t)p->size, (struct str){ (const char *)&head, sizeof head }, err))
		return false;
	for (size_t i = 0; i < p->count && parts_begin(p, i) + parts_length(p, i) <= length; i++) {
		if (cancel_fired(cancel))
			return error_set(err, ERROR_CANCELLED, "cancelled");
		if (!read_piece(p, i, space, hex))
			return error_errno(err, "cannot read %s", p->path);
		if (!parts_note(p, i, hex, err))
			return false;
		p->whole[i] = true;
	}
	return true;
}

static bool check_journal(const struct parts *p, char *space, struct cancel *cancel, struct error *err)
{
	own_mem uint64_t *marks = mem_zeroed(p->count + 1, sizeof *marks);
	char hex[SHA_HEX_MAX + 1];

	(void)read_at(p->fd, marks, p->count * sizeof *marks, mark_offset(p, 0));
	for (size_t i = 0; i < p->count; i++) {
		if (cancel_fired(cancel))
			return error_set(err, ERROR_CANCELLED, "cancelled");
		p->whole[i] = marks[i] && read_piece(p, i, space, hex) && digest_of(hex) == marks[i];
	}
	return true;
}

/* What the Python client began becomes ours, unless we have begun ourselves. */
static void adopt(const char *blob, const char *path)
{
	own_mem char *theirs = mem_printf("%s.incomplete", blob);
	struct stat st;

	if (lstat(path, &st) < 0 && lstat(theirs, &st) == 0 && S_ISREG(st.st_mode))
		(void)sys.rename(theirs, path);
}

bool parts_open(struct parts *p, const char *blob, uint64_t size, uint64_t piece, struct cancel *cancel,
	struct error *err)
{
	own_mem char *space = mem_alloc(READ_PIECE);
	struct stat st;

	while (size / piece >= PARTS_MAX)
		piece *= 2;
	*p = (struct parts){ .path = parts_path(blob), .size = size, .piece = piece,
		.count = (size + piece - 1) / piece };
	p->whole = mem_zeroed(p->count + 1, sizeof *p->whole);
	adopt(blob, p->path);
	p->fd = sys.open(p->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (p->fd < 0 || fstat(p->fd, &st) < 0) {
		error_errno(err, "cannot open %s", p->path);
		parts_done(p);
		return false;
	}
	bool ok = has_journal(p) ? check_journal(p, space, cancel, err)
		: begin_journal(p, (uint64_t)st.st_size <= size ? (uint64_t)st.st_size : 0, space, cancel, err);
	if (!ok)
		parts_done(p);
	return ok;
}

void parts_done(struct parts *p)
{
	if (p->path)
		file_close(&p->fd);
	free(p->path);
	free(p->whole);
	*p = (struct parts){ .fd = -1 };
}

bool parts_finish(struct parts *p, const char *blob, struct error *err)
{
	if (ftruncate(p->fd, (off_t)p->size) < 0 || sys.fsync(p->fd) < 0)
		return error_errno(err, "cannot write %s to disk", p->path);
	return sys.rename(p->path, blob) == 0 || error_errno(err, "cannot rename %s", p->path);
}

void parts_drop(struct parts *p)
{
	if (p->path)
		(void)unlink(p->path);
	parts_done(p);
}

void parts_forget(const char *blob)
{
	own_mem char *path = parts_path(blob);

	(void)unlink(path);
}

/* The journal's marks, by whatever piece it says; 0 without a sound journal. */
static uint64_t count_marks(int fd, uint64_t size)
{
	struct parts p = { .fd = fd, .size = size };
	struct journal_head head;
	uint64_t sum = 0, mark;

	if (read_at(fd, &head, sizeof head, (off_t)size) < sizeof head || memcmp(head.magic, magic, sizeof magic) != 0)
		return 0;
	p.piece = head.piece;
	if (p.piece == 0 || size / p.piece >= PARTS_MAX)
		return 0;
	p.count = (size + p.piece - 1) / p.piece;
	for (size_t i = 0; i < p.count && read_at(fd, &mark, 8, mark_offset(&p, i)) == 8; i++)
		sum += mark ? parts_length(&p, i) : 0;
	return sum;
}

uint64_t parts_progress(const char *blob, uint64_t size)
{
	own_mem char *ours = parts_path(blob), *theirs = mem_printf("%s.incomplete", blob);
	own_fd fd = sys.open(ours, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;

	if (fd >= 0)
		return count_marks(fd, size);
	return stat(theirs, &st) == 0 && (uint64_t)st.st_size <= size ? (uint64_t)st.st_size : 0;
}
