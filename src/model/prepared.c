#include "model/prepared.h"

#include "model/prepared_inside.h"
#include "text/digest.h"

uint64_t prepared_digest(const void *file, const struct prepared_head *head)
{
	size_t start = offsetof(struct prepared_head, version);

	return digest_long((const char *)file + start,
		prepared_description_start(&head->shape) + head->description_length - start);
}

static bool damaged(struct error *err, const char *what)
{
	return error_set(err, ERROR_INVALID, "the prepared file %s", what);
}

/* Everything before the shape, and that the file is as long as it says. */
static bool check_head(const struct prepared_head *head, struct str bytes, struct error *err)
{
	if (memcmp(head->magic, PREPARED_MAGIC, sizeof head->magic) != 0)
		return damaged(err, "is none, or of another machine");
	if (head->version != PREPARED_VERSION || head->layout != MATRIX_LAYOUT)
		return damaged(err, "was made by another version");
	if (head->bytes != bytes.n)
		return damaged(err, "is cut short");
	if (head->description_length > PREPARED_DESCRIPTION_MAX)
		return damaged(err, "is damaged");
	return true;
}

bool prepared_read(struct prepared *p, struct str bytes, struct error *err)
{
	struct prepared_head head;

	if (bytes.n < sizeof head)
		return damaged(err, "is cut short");
	memcpy(&head, bytes.p, sizeof head);
	if (!check_head(&head, bytes, err) || !decoder_shape_check(&head.shape, err))
		return false;
	size_t start = prepared_data_start(&head.shape), text = prepared_description_start(&head.shape);
	if (bytes.n < start)
		return damaged(err, "is cut short");
	if (head.digest != prepared_digest(bytes.p, &head))
		return damaged(err, "is damaged");
	const uint8_t *types = (const uint8_t *)bytes.p + sizeof head;
	if (!decoder_types_check(&head.shape, types, err))
		return false;
	if (bytes.n - start != decoder_weights_lay_out(NULL, &head.shape, types, NULL))
		return damaged(err, "does not hold what it says");
	decoder_weights_lay_out(&p->weights, &head.shape, types, bytes.p + start);
	p->shape = head.shape;
	p->description = (struct str){ bytes.p + text, head.description_length };
	return true;
}

bool prepared_open(struct prepared *p, const char *path, struct error *err)
{
	*p = (struct prepared){0};
	if (mapped_file(&p->file, path, err) &&
	    (prepared_read(p, mapped_str(&p->file), err) || error_prefix(err, "%s", path)))
		return true;
	prepared_done(p);
	return false;
}

void prepared_done(struct prepared *p)
{
	decoder_weights_done(&p->weights);
	mapped_done(&p->file);
	*p = (struct prepared){0};
}
