/*
 * How the text of a file is written: UTF-8, UTF-16 (with or without a mark), else
 * windows-1252 as WHATWG's Encoding standard has it, in which every byte means
 * something.  Stateless; any thread.
 */
#pragma once

#include "base/buf.h"

enum encoding_kind { ENCODING_UTF8, ENCODING_UTF16LE, ENCODING_UTF16BE, ENCODING_1252, ENCODING_BINARY };

struct encoding {
	enum encoding_kind kind;
	size_t mark;               /* bytes of the byte-order mark that the file begins with */
	bool damaged;              /* of UTF-8: some bytes are none */
};

/*
 * From the first bytes of a file; `whole`: they are all.  Binary is what holds a NUL or
 * much else that no text does.  Bytes that are no UTF-8 among more characters that are
 * make damaged UTF-8; else they are windows-1252.
 */
struct encoding encoding_guess(struct str head, bool whole);

const char *encoding_name(enum encoding_kind kind);        /* "UTF-8", … */

/*
 * Appends text as UTF-8, and leaves in *bytes what more bytes may complete (`last`: there
 * are no more).  UTF-8 is handed on as it is, damage included; a lone surrogate becomes U+FFFD.
 */
bool encoding_decode(enum encoding_kind kind, struct str *bytes, bool last, struct buf *out,
	struct error *err) must_use;

/* The way back, without the mark.  ERROR_INVALID when the encoding lacks a character, which is named. */
bool encoding_encode(enum encoding_kind kind, struct str text, struct buf *out, struct error *err) must_use;

/* Appends what is UTF-8, and U+FFFD for each byte that is none and for NUL. */
bool encoding_clean(struct str text, struct buf *out, struct error *err) must_use;
