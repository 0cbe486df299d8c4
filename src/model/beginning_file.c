/*
 * The head is written last over the zeros that kept its place: it needs the
 * digest of the pages, and these are read once. The file has its name only
 * after that.
 */
#include "model/beginning_file.h"

#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/random.h"
#include "base/sys.h"
#include "kernel/attention.h"
#include "text/digest.h"

enum { ALIGNMENT = 4096 };

static const char magic[8] = { 's', 'h', 'm', 'b', 'e', 'g', 'i', 'n' };

/* ---- Format ---- */

uint64_t beginning_tokens_digest(uint32_t world, const int32_t *tokens, size_t count)
{
	return digest_fold(digest_long(tokens, count * sizeof *tokens) ^ world, DIGEST_A);
}

static uint64_t head_digest(const struct beginning_head *head)
{
	return digest_long(head, offsetof(struct beginning_head, digest));
}

static uint64_t add_page(uint64_t digest, const void *page, size_t bytes)
{
	return digest_fold(digest ^ digest_long(page, bytes), DIGEST_B);
}

static uint64_t pages_at(const struct beginning_head *head)
{
	const uint64_t end = sizeof *head + head->count * sizeof(int32_t);

	return (end + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

uint64_t beginning_size(const struct beginning_head *head)
{
	return pages_at(head) + head->count / PAGE_TOKENS * head->page_bytes;
}

bool beginning_head_check(const struct beginning_head *head, const struct beginning_kind *kind, struct error *err)
{
	if (memcmp(head->magic, magic, sizeof magic))
		return error_set(err, ERROR_INVALID, "it does not begin as such a file does");
	if (head->version != BEGINNING_VERSION)
		return error_set(err, ERROR_NOT_FOUND, "another version of this program wrote it");
	if (head->digest != head_digest(head))
		return error_set(err, ERROR_INVALID, "its head is damaged");
	if (head->key != kind->key || head->page_bytes != kind->page_bytes || head->page_tokens != PAGE_TOKENS)
		return error_set(err, ERROR_NOT_FOUND, "it belongs to another model");
	if (head->count == 0 || head->count % PAGE_TOKENS || head->count > BEGINNING_TOKENS_MAX)
		return error_set(err, ERROR_INVALID, "its length cannot be right");
	return true;
}

static uint64_t digest_pages(const struct beginning *b, size_t page_bytes)
{
	uint64_t digest = 0;

	for (size_t i = 0; i < b->count / PAGE_TOKENS; i++)
		digest = add_page(digest, b->pages + i * page_bytes, page_bytes);
	return digest;
}

bool beginning_view(struct beginning *b, struct str bytes, const struct beginning_kind *kind, struct error *err)
{
	const void *start = bytes.p;
	const struct beginning_head *head = start;

	if (bytes.n < sizeof *head)
		return error_set(err, ERROR_INVALID, "it is cut short");
	if (!beginning_head_check(head, kind, err))
		return false;
	if (bytes.n != beginning_size(head))
		return error_set(err, ERROR_INVALID, "it is cut short");
	const void *tokens = bytes.p + sizeof *head;
	const struct beginning view = {
		.world = head->world,
		.count = head->count,
		.tokens = tokens,
		.pages = bytes.p + pages_at(head),
	};
	if (head->tokens_digest != beginning_tokens_digest(view.world, view.tokens, view.count) ||
	    head->pages_digest != digest_pages(&view, kind->page_bytes))
		return error_set(err, ERROR_INVALID, "its content is damaged");
	*b = view;
	return true;
}

/* ---- Writing ---- */

static struct beginning_head head_of(const struct beginning_source *s, uint64_t pages_digest)
{
	struct beginning_head head = {
		.version = BEGINNING_VERSION,
		.page_tokens = PAGE_TOKENS,
		.key = s->kind.key,
		.world = s->world,
		.count = s->count,
		.page_bytes = s->kind.page_bytes,
		.tokens_digest = beginning_tokens_digest(s->world, s->tokens, s->count),
		.pages_digest = pages_digest,
	};

	memcpy(head.magic, magic, sizeof magic);
	head.digest = head_digest(&head);
	return head;
}

/* Everything but the head, whose place is left. */
static bool write_body(int fd, const struct beginning_source *s, uint64_t *pages_digest, struct error *err)
{
	const struct beginning_head zeros = {0}, head = head_of(s, 0);
	const size_t fill = pages_at(&head) - sizeof head - s->count * sizeof *s->tokens;
	own_mem char *empty = mem_zeroed(fill + 1, 1);

	*pages_digest = 0;
	if (!file_write_fd(fd, (struct str){ (const char *)&zeros, sizeof zeros }, err) ||
	    !file_write_fd(fd, (struct str){ (const char *)s->tokens, s->count * sizeof *s->tokens }, err) ||
	    !file_write_fd(fd, (struct str){ empty, fill }, err))
		return false;
	for (size_t i = 0; i < s->count / PAGE_TOKENS; i++) {
		if (s->stopped(s->user))
			return error_set(err, ERROR_CANCELLED, "the program ends");
		*pages_digest = add_page(*pages_digest, s->pages[i], s->kind.page_bytes);
		if (!file_write_fd(fd, (struct str){ s->pages[i], s->kind.page_bytes }, err))
			return false;
	}
	return true;
}

static bool write_all(int fd, const struct beginning_source *s, struct error *err)
{
	uint64_t pages_digest;

	if (!write_body(fd, s, &pages_digest, err))
		return false;
	const struct beginning_head head = head_of(s, pages_digest);
	s->copied(s->user);
	if (lseek(fd, 0, SEEK_SET) < 0 || !file_write_fd(fd, (struct str){ (const char *)&head, sizeof head }, err))
		return error_errno(err, "cannot write");
	return sys.fsync(fd) == 0 || error_errno(err, "cannot write to disk");
}

bool beginning_write(const char *path, const struct beginning_source *source, struct error *err)
{
	char unique[17] = "";

	if (!random_hex(unique, 16, err))        /* the model may be there twice while it is replaced */
		return false;
	own_mem char *temporary = mem_printf("%s.tmp.%s", path, unique);
	own_fd fd = sys.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return error_errno(err, "cannot create %s", temporary);
	bool ok = write_all(fd, source, err);
	file_close(&fd);
	if (ok && sys.rename(temporary, path) < 0)
		ok = error_errno(err, "cannot give it its name");
	if (!ok)
		(void)unlink(temporary);
	return ok || error_prefix(err, "%s", path);
}
