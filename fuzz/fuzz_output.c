/* Output of commands: whatever comes and however it is cut, what is kept is UTF-8 without control characters. */
#include <stdio.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "tool/output.h"

static void check(struct str text)
{
	if (!utf8_valid(text.p, text.n))
		abort();
	for (size_t i = 0; i < text.n; i++)
		if (((unsigned char)text.p[i] < 0x20 && text.p[i] != '\n' && text.p[i] != '\t') || text.p[i] == 0x7f)
			abort();
}

static void feed(struct output *o, struct str bytes, size_t cut)
{
	struct error err = {0};

	if (!output_init(o, 256, "/no/such/folder/output", false, &err))
		abort();
	for (size_t at = 0; at < bytes.n; at += cut)
		output_add(o, (struct str){ bytes.p + at, cut < bytes.n - at ? cut : bytes.n - at });
	output_end(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = { (const char *)data, size };
	struct output whole, cut;
	own_buf a = BUF_INIT(4096), b = BUF_INIT(4096);
	struct error err = {0};

	feed(&whole, bytes, size ? size : 1);
	feed(&cut, bytes, size ? 1 + data[0] % 7 : 1);
	if (!output_text(&whole, &a, &err) || !output_text(&cut, &b, &err) || !str_equal(buf_str(&a), buf_str(&b)))
		abort();
	check(buf_str(&a));
	output_done(&whole);
	output_done(&cut);
	return 0;
}
