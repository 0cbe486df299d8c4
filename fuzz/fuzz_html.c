/* A page, its charset and kind as the first byte says: what comes of it is clean and within its ceiling. */
#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "text/html.h"

static const char *const types[] = {
	"text/html", NULL, "text/html; charset=windows-1252", "text/plain", "application/json",
	"text/html; charset=shift_jis",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own_buf out = BUF_INIT(HTML_MARKDOWN_MAX);
	struct error err = {0};

	if (size < 1)
		return 0;
	struct html_page page = {
		{ (const char *)data + 1, size - 1 }, data[0] & 8 ? NULL : "https://example.org/a/b",
		types[data[0] % 8 % countof(types)],
	};
	if (!html_to_markdown(&page, &out, &err)) {
		assert(err.kind != ERROR_NONE && out.len == 0);
		return 0;
	}
	assert(utf8_valid(out.data, out.len) && memchr(out.data, '\0', out.len) == NULL);
	return 0;
}
