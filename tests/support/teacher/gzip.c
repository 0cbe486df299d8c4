#include "base/mem.h"
#include "support/teacher/reply.h"

#define BLOCK_MAX 65535u   /* of a stored block */

static uint32_t crc(struct str bytes)
{
	uint32_t sum = ~0u;

	for (size_t i = 0; i < bytes.n; i++) {
		sum ^= (unsigned char)bytes.p[i];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320u : 0);
	}
	return ~sum;
}

static void add(struct buf *out, const void *bytes, size_t n)
{
	struct error err;

	if (!buf_add(out, bytes, n, &err))
		mem_panic(err.text);
}

static void add_number(struct buf *out, uint32_t number, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		add(out, &(unsigned char){ (unsigned char)(number >> 8 * i) }, 1);
}

void gzip_store(struct buf *out, struct str bytes)
{
	struct str rest = bytes;
	bool last;

	add(out, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
	do {
		uint32_t n = rest.n < BLOCK_MAX ? (uint32_t)rest.n : BLOCK_MAX;
		last = n == rest.n;
		add_number(out, last, 1);
		add_number(out, n, 2);
		add_number(out, ~n, 2);
		add(out, rest.p, n);
		rest = str_from(rest, n);
	} while (!last);
	add_number(out, crc(bytes), 4);
	add_number(out, (uint32_t)bytes.n, 4);
}
