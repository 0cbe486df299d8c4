#include "text/alphabet.h"

#include "base/utf8.h"

static bool is_printable(unsigned byte)
{
	return (byte > 0x20 && byte < 0x7F) || (byte > 0xA0 && byte != 0xAD);
}

void alphabet_init(struct alphabet *a)
{
	size_t next = 0x100;

	for (size_t i = 0; i < ALPHABET_END; i++)
		a->byte[i] = -1;
	for (unsigned byte = 0; byte < 256; byte++)
		a->byte[is_printable(byte) ? byte : next++] = (int16_t)byte;
}

size_t alphabet_decode(const struct alphabet *a, struct str written, char *bytes)
{
	size_t n = 0;

	for (size_t at = 0; at < written.n; n++) {
		unsigned char first = (unsigned char)written.p[at];
		uint32_t c = first;
		at += first < 0x80 ? 1 : utf8_decode(written.p + at, written.n - at, &c);
		if (c >= ALPHABET_END || a->byte[c] < 0)
			return SIZE_MAX;
		bytes[n] = (char)a->byte[c];
	}
	return n;
}
