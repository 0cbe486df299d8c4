/*
 * Stands in for libFuzzer: runs every file of the corpus folder given, one TAP
 * line each, so that `make test` does too.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int no_dot(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	int count = argc == 2 ? scandir(argv[1], &entries, no_dot, alphasort) : -1;

	if (count <= 0) {
		fprintf(stderr, "no corpus in %s\n", argc == 2 ? argv[1] : "(folder missing)");
		return 1;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		struct error err = {0};
		size_t size;
		own_mem char *path = path_join(argv[1], entries[i]->d_name);
		own_mem char *bytes = file_read(path, 16 << 20, &size, &err);

		if (!bytes) {
			printf("not ok %d - %s: %s\n", i + 1, entries[i]->d_name, err.text);
			continue;
		}
		LLVMFuzzerTestOneInput((const uint8_t *)bytes, size);
		printf("ok %d - %s\n", i + 1, entries[i]->d_name);
		fflush(stdout);
		free(entries[i]);
	}
	free(entries);
	return 0;
}
