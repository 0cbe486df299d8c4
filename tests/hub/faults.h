/* Faults that the Hub is told to make, beside what downloads.h has. */
#pragma once

#include "downloads.h"

#define FAULT(name) static bool name(struct fake_hub *h __attribute__((unused)), \
	enum fake_ask ask __attribute__((unused)), \
	unsigned nth __attribute__((unused)), struct str request __attribute__((unused)), \
	struct scripted_reply *reply __attribute__((unused)), struct buf *storage __attribute__((unused)))

static inline void assert_nothing_half_is_taken_for_whole(void)
{
	own_mem char *text = python_loads(REPO, FAKE_COMMIT, "onnx/model.onnx");
	own_mem char *blob = mem_printf(REPO "/blobs/%s", blob_name(large_text, true));
	own_mem char *theirs = mem_printf("%s.incomplete", blob);

	assert_null(text);
	assert_false(cache_holds(blob));
	assert_false(cache_holds(theirs));
	assert_null(hub_find(&hub, &(struct hub_want){ .repo = "a/b" }, &err));
}
