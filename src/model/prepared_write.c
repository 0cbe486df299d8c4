/*
 * The file has its whole size from the beginning, allocated on disk, so that
 * writing to its memory cannot fail any more.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sys.h"
#include "model/prepared_inside.h"

struct prepared_writer {
	char *path, *temporary;
	int fd;
	struct mapped file;
	struct prepared_head head;
	struct decoder_weights weights;
	bool sealed, committed;
};

/* posix_fallocate() is missing on macOS; there a full disk shows when the file is written. */
static bool make_room(int fd, size_t bytes, const char *path, struct error *err)
{
#ifdef __linux__
	int failed = posix_fallocate(fd, 0, (off_t)bytes);
#else
	int failed = ftruncate(fd, (off_t)bytes) < 0 ? errno : 0;
#endif
	if (failed == ENOSPC || failed == EDQUOT || failed == EFBIG)
		return error_set(err, ERROR_UNAVAILABLE, "no room on disk for %s: it takes %zu MB", path, bytes >> 20);
	errno = failed;
	return failed == 0 || error_errno(err, "cannot create %s", path);
}

static bool open_file(struct prepared_writer *w, struct error *err)
{
	w->fd = sys.open(w->temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (w->fd < 0)
		return error_errno(err, "cannot create %s", w->temporary);
	if (!make_room(w->fd, w->head.bytes, w->temporary, err))
		return false;
	void *data = sys.mmap(NULL, w->head.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, w->fd, 0);
	if (data == MAP_FAILED)
		return error_errno(err, "cannot map %s", w->temporary);
	w->file = (struct mapped){ data, w->head.bytes };
	return true;
}

struct prepared_writer *prepared_writer_create(const char *path, const struct decoder_shape *shape,
	const uint8_t *types, struct error *err)
{
	if (!decoder_shape_check(shape, err) || !decoder_types_check(shape, types, err))
		return NULL;
	own_prepared_writer *w = mem_zeroed(1, sizeof *w);
	size_t start = prepared_data_start(shape);
	w->path = mem_strdup(path);
	w->temporary = mem_printf("%s.tmp.%ld", path, (long)getpid());
	w->head = (struct prepared_head){
		.magic = PREPARED_MAGIC, .version = PREPARED_VERSION, .layout = MATRIX_LAYOUT, .shape = *shape,
		.bytes = start + decoder_weights_lay_out(NULL, shape, types, NULL),
	};
	if (!open_file(w, err))
		return NULL;
	memcpy(w->file.data + sizeof w->head, types, decoder_type_count(shape));
	decoder_weights_lay_out(&w->weights, shape, types, w->file.data + start);
	return take(w);
}

void prepared_writer_destroy(struct prepared_writer *w)
{
	if (!w)
		return;
	decoder_weights_done(&w->weights);
	mapped_done(&w->file);
	if (w->fd >= 0 && !w->committed)
		(void)unlink(w->temporary);
	file_close(&w->fd);
	free(w->path);
	free(w->temporary);
	free(w);
}

const struct decoder_weights *prepared_writer_weights(const struct prepared_writer *w) { return &w->weights; }
const char *prepared_writer_path(const struct prepared_writer *w) { return w->temporary; }

void prepared_writer_set_magnitude(struct prepared_writer *w, float magnitude)
{
	w->head.shape.rope_magnitude = magnitude;
}

bool prepared_writer_seal(struct prepared_writer *w, struct str description, struct error *err)
{
	if (description.n > PREPARED_DESCRIPTION_MAX)
		return error_set(err, ERROR_TOO_LARGE, "%s: its description has %zu bytes of at most %d", w->path,
			description.n, PREPARED_DESCRIPTION_MAX);
	w->head.description_length = (uint32_t)description.n;
	if (description.n)
		memcpy(w->file.data + prepared_description_start(&w->head.shape), description.p, description.n);
	memcpy(w->file.data, &w->head, sizeof w->head);
	w->head.digest = prepared_digest(w->file.data, &w->head);
	memcpy(w->file.data, &w->head, sizeof w->head);
	w->sealed = true;
	return true;
}

bool prepared_writer_commit(struct prepared_writer *w, struct error *err)
{
	if (!w->sealed)
		return error_set(err, ERROR_INTERNAL, "%s was never sealed", w->path);
	if (msync(w->file.data, w->file.len, MS_SYNC) < 0 || sys.fsync(w->fd) < 0)
		return error_errno(err, "cannot write %s", w->temporary);
	if (sys.rename(w->temporary, w->path) < 0)
		return error_errno(err, "cannot replace %s", w->path);
	w->committed = true;
	return true;
}
