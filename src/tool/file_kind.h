/* What a file is that is no text, by its first bytes.  Stateless; any thread. */
#pragma once

#include <stdint.h>

#include "base/str.h"

struct file_kind {
	const char *what;          /* "a PNG picture"; a literal */
	const char *media_type;    /* of pictures that models take ("image/png"); NULL: not one of these */
	const char *advice;        /* how to look into it; NULL: none is known */
	bool sure;                 /* no text begins so */
	uint32_t width, height;    /* of pictures; 0: not known */
};

/* False: nothing that is known.  What is not sure may be a text that begins alike. */
bool file_kind_find(struct str head, struct file_kind *kind);
