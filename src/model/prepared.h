/*
 * A decoder's weights in one file, laid out as the kernels read them.
 *
 * Made from a published model once (src/prepare), then mapped: opening costs
 * milliseconds and copies nothing, and processes share the memory.  The file
 * belongs to this machine (its byte order, this program's kernel layout); one
 * that does not fit exactly is refused, and made again by whoever can.
 *
 *     magic "shmhdcdr", numbers (uint32), the shape, lengths, a digest of all that
 *     is not weights, the type of every matrix, a description (JSON); padding to
 *     4096; tensors in a fixed order, each aligned to 64 bytes.
 *
 * Where a tensor lies follows from the shape and the types alone, so there are no
 * offsets that could be wrong.
 */
#pragma once

#include "base/mapped.h"
#include "model/decoder_shape.h"

#define PREPARED_DESCRIPTION_MAX 16384

/* ---- Reading ---- */

struct prepared {
	struct mapped file;
	struct decoder_shape shape;
	struct decoder_weights weights;    /* in the file */
	struct str description;            /* JSON, as its maker wrote it; not looked into here */
};

/*
 * Maps a file and checks all of it but the weights' own values.  ERROR_INVALID for
 * one that is to be made anew.  Read-only afterwards, from any thread.
 */
bool prepared_open(struct prepared *p, const char *path, struct error *err) must_use;

/* The same for bytes that the caller keeps, aligned to 64. */
bool prepared_read(struct prepared *p, struct str bytes, struct error *err) must_use;

void prepared_done(struct prepared *p);
#define own_prepared owns(prepared_done) struct prepared

/* ---- Writing ---- */

struct prepared_writer;

/*
 * A file of the whole size beside `path`, as memory to be filled in: its maker
 * packs matrices in place.  `types` is copied (enum weights each, decoder_type_count()).
 * ERROR_UNAVAILABLE when the disk has no room for it.
 */
struct prepared_writer *prepared_writer_create(const char *path, const struct decoder_shape *shape,
	const uint8_t *types,
					       struct error *err) must_use;

/* Without a commit nothing is left behind. */
void prepared_writer_destroy(struct prepared_writer *w);

static inline void prepared_writer_destroy_ptr(struct prepared_writer **w) { prepared_writer_destroy(*w); }
#define own_prepared_writer owns(prepared_writer_destroy_ptr) struct prepared_writer

/*
 * The weights to be filled in: memory of the file, zeroed, the caller's to write
 * to (prepared_memory() takes the const off) until the writer is gone.
 */
const struct decoder_weights *prepared_writer_weights(const struct prepared_writer *w);
static inline void *prepared_memory(const void *tensor) { return (void *)(uintptr_t)tensor; }

/* Another magnitude of rotary positions than the shape's; for the next seal. */
void prepared_writer_set_magnitude(struct prepared_writer *w, float magnitude);

/*
 * Writes header and description, at most PREPARED_DESCRIPTION_MAX bytes: from then
 * on prepared_writer_path() can be opened.  May be called again with another description.
 */
bool prepared_writer_seal(struct prepared_writer *w, struct str description, struct error *err) must_use;
const char *prepared_writer_path(const struct prepared_writer *w);

/* Puts the sealed file where it belongs, on disk for good. */
bool prepared_writer_commit(struct prepared_writer *w, struct error *err) must_use;
