/* What rg prints: each line that is read lies in the text, and belongs to one file. */
#include <assert.h>
#include <stdint.h>

#include "tool/grep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	own_grep_output o = {0};
	size_t lines = 0;

	grep_output_read(&o, text);
	for (size_t i = 0; i < o.file_n; i++) {
		const struct grep_file *file = &o.files[i];
		assert(file->n > 0 && file->first + file->n <= o.n);
		assert(i == 0 || file->path.n || o.files[i - 1].path.n == 0);
		lines += file->n;
	}
	assert(lines == o.n);
	for (size_t i = 0; i < o.n; i++)
		assert(o.lines[i].text.p >= text.p && o.lines[i].text.p + o.lines[i].text.n <= text.p + text.n);
	return 0;
}
