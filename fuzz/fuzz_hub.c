/*
 * What a Hub, or what lies in a cache, may hold: the first byte says which of the
 * readers gets the rest.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "hub/listing.h"
#include "hub/names.h"
#include "hub/parts.h"
#include "hub/tree.h"

/* Whatever was read is safe to use. */
static void check(struct hub_listing *listing)
{
	struct error err;

	for (size_t i = 0; i < listing->count; i++) {
		assert(name_check_path(listing->files[i].path, &err));
		assert(!listing->files[i].hash[0] || name_is_hash(listing->files[i].hash));
	}
	if (listing_finish(listing, &err))
		hub_listing_done(listing);
}

static void read_info(struct str text)
{
	struct hub_listing listing;
	struct error err;

	if (listing_parse_info(text, &listing, &err))
		check(&listing);
}

static void read_page(struct str text)
{
	struct hub_listing listing = { 0 };
	struct error err;

	if (listing_parse_tree(text, &listing, &err) && listing_parse_tree(text, &listing, &err))
		check(&listing);
}

static void read_tree(struct str text)
{
	struct hub_listing listing = { 0 };
	struct error err;

	if (tree_parse(text, &listing, &err))
		check(&listing);
}

static void read_link(struct str text)
{
	own_mem char *header = mem_strndup(text.p, text.n), *next = listing_next(header);

	assert(!next || strstr(header, next));
}

/* A partial file of 100 bytes in pieces of 16, with any bytes for content and journal. */
static void read_parts(struct str text)
{
	own_mem char *blob = mem_printf("/tmp/fuzz-hub-%ld", (long)getpid());
	own_mem char *path = mem_printf("%s.parts.incomplete", blob);
	struct parts parts;
	struct error err;

	if (!file_write(path, text, 0600, &err))
		abort();
	assert(parts_progress(blob, 100) <= 100);
	if (!parts_open(&parts, blob, 100, 16, NULL, &err))
		abort();
	assert(parts.count == 7 && parts_length(&parts, 6) == 4);
	for (size_t i = 0; i < parts.count; i++)
		if (!parts.whole[i] && (!parts_write(&parts, parts_begin(&parts, i), (struct str)STR("x"), &err) ||
					       !parts_note(&parts, i, "0123456789abcdef", &err)))
			abort();
	parts_drop(&parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct str) = { read_info, read_page, read_tree, read_link, read_parts };

	if (size > 0)
		readers[data[0] % countof(readers)]((struct str){ (const char *)data + 1, size - 1 });
	return 0;
}
