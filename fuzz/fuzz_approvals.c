/*
 * The first line is a text, the rest tool_patterns.json.  Whatever it holds, reading ends, what it approves is listed,
 * and the same file read again approves the same.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "permit/approvals.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char folder[] = "/tmp/shammah-fuzz-XXXXXX";
	struct str rest = { (const char *)data, size }, line = {0};
	own_buf odd = BUF_INIT(1 << 20), again = BUF_INIT(1 << 20);
	struct error err = {0};

	if (size == 0 || !mkdtemp(folder))
		return 0;
	str_split(&rest, '\n', &line);
	own_mem char *path = mem_printf("%s/tool_patterns.json", folder);
	bool ok = file_write(path, rest, 0600, &err);
	assert(ok);
	struct approvals *a = approvals_open(folder, "/p", &odd), *b = approvals_open(folder, "/p", &again);
	const char *words = approvals_find(a, (struct str)STR("Bash"), line, NULL);
	const char *same = approvals_find(b, (struct str)STR("Bash"), line, NULL);
	assert((words == NULL) == (same == NULL) && (!words || strcmp(words, same) == 0));
	own_json *list = approvals_list(a);
	assert(!words || json_array_size(list));
	approvals_destroy(&a);
	approvals_destroy(&b);
	unlink(path);
	rmdir(folder);
	return 0;
}
