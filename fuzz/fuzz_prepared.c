/* Prepared files, their digest put right first: otherwise nothing would get past it. */
#include <stdlib.h>

#include "base/mem.h"
#include "model/prepared_inside.h"

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void touch(const void *data, size_t bytes)
{
	const volatile char *p = data;

	must(data && bytes && (uintptr_t)data % 64 == 0);
	(void)p[0];
	(void)p[bytes - 1];
}

static void touch_matrix(const struct matrix *m)
{
	touch(m->data, matrix_bytes(m->type, m->outputs, m->inputs));
}

static void touch_all(const struct prepared *p)
{
	for (size_t i = 0; i < p->shape.layers; i++) {
		for (enum decoder_matrix k = 0; k < DECODER_LAYER_MATRICES; k++)
			touch_matrix(&p->weights.layers[i].matrices[k]);
		for (enum decoder_vector k = 0; k < DECODER_LAYER_VECTORS; k++)
			if (p->weights.layers[i].vectors[k])
				touch(p->weights.layers[i].vectors[k], decoder_numbers(&p->shape, k) * sizeof(float));
	}
	touch_matrix(&p->weights.embedding);
	touch_matrix(&p->weights.head);
	touch(p->weights.final_norm, p->shape.hidden * sizeof(float));
	touch(p->weights.frequencies, p->shape.rotary_dim / 2 * sizeof(float));
}

/* The file's length is put right too, where the rest says what it must be. */
static void mend(char *bytes, size_t size)
{
	struct error err = {0};
	struct prepared_head head;

	if (size < sizeof head)
		return;
	memcpy(&head, bytes, sizeof head);
	head.bytes = size;
	memcpy(bytes, &head, sizeof head);
	if (head.description_length > PREPARED_DESCRIPTION_MAX || !decoder_shape_check(&head.shape, &err) ||
		prepared_data_start(&head.shape) > size)
		return;
	head.digest = prepared_digest(bytes, &head);
	memcpy(bytes, &head, sizeof head);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = {0};
	own_prepared p = {0};
	own_mem char *bytes = aligned_alloc(64, size / 64 * 64 + 64);

	must(bytes);
	memcpy(bytes, data, size);
	mend(bytes, size);
	if (prepared_read(&p, (struct str){ bytes, size }, &err))
		touch_all(&p);
	else
		must(err.kind == ERROR_INVALID);
	return 0;
}
