/* A computed beginning from disk: with its head's digest made right, what passes the checks lies within the file. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/attention.h"
#include "model/beginning_file.h"
#include "text/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PAGE_BYTES = 64 };

/* The tokens' digest too, where there are as many; the pages' the fuzzer may find, or the corpus has it. */
static void mend(char *block, size_t size)
{
	struct beginning_head *head = (struct beginning_head *)(void *)block;
	const size_t room = (size - sizeof *head) / sizeof(int32_t);

	if (head->count <= room)
		head->tokens_digest = beginning_tokens_digest(head->world, (const int32_t *)(head + 1), head->count);
	head->digest = digest_long(head, offsetof(struct beginning_head, digest));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct beginning_kind kind = { .key = 7, .page_bytes = PAGE_BYTES };
	own_mem char *block = mem_alloc(size + 1);
	struct error err = {0};
	struct beginning b;

	memcpy(block, data, size);
	if (size >= sizeof(struct beginning_head))
		mend(block, size);
	if (!beginning_view(&b, (struct str){ block, size }, &kind, &err))
		return 0;
	assert((const char *)b.tokens >= block && (const char *)(b.tokens + b.count) <= b.pages);
	assert(b.pages + b.count / PAGE_TOKENS * PAGE_BYTES == block + size);
	return 0;
}
