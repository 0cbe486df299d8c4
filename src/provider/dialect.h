/*
 * A dialect turns our request into one vendor's HTTP body, and that vendor's
 * stream back into our deltas.  It is a pure translator: no I/O, no clock, no
 * state but the stream's own; it is tested with strings.  provider/ask.h does
 * the talking.
 *
 * Of the wishes in a request, those that the format has no word for are dropped,
 * but for what the answer's form must be: that is refused (ERROR_INVALID).
 *
 * To add one: write provider/NAME.c, and name it in a row of provider_table.c.
 */
#pragma once

#include "base/buf.h"
#include "chat/request.h"
#include "net/http.h"
#include "net/sse.h"
#include "provider/stream.h"

struct provider;

/* Whom a body is written for. */
struct target {
	const struct provider *provider;
	const char *model;
	bool plain;                  /* without the wishes that the provider's models may refuse by name */
	bool uncached;               /* nothing is marked for the vendor's cache of prompts, */
	bool lasting;                /* or what is shall be kept for an hour */
};

struct dialect {
	const char *name;
	const struct http_header *headers;   /* what every request carries besides; ended by a NULL name */
	size_t state_size;           /* what a stream keeps for read_event, zeroed at its beginning */

	/* Makes the base URL, which stands in it without a slash at its end, the whole address, query included. */
	bool (*write_path)(const struct target *target, struct buf *url, struct error *err);

	/* Appends the body of a streaming request. */
	bool (*write_body)(
		const struct target *target, const struct request *request, struct buf *body, struct error *err);

	/* Reads one event and emits what it says (provider_emit); events it does not know are passed over. */
	bool (*read_event)(struct provider_stream *stream, const struct sse_event *event, struct error *err);

	/* The bytes are over without DELTA_END: emits it where the answer is whole all the same.  NULL: it never is. */
	bool (*read_end)(struct provider_stream *stream, struct error *err);

	/* Reads an answer that came as one JSON body, and emits it whole, DELTA_END included.  NULL: it cannot. */
	bool (*read_whole)(struct provider_stream *stream, struct str body, struct error *err);

	/* Releases what a stream's state holds.  NULL: nothing. */
	void (*forget)(void *state);

	/* Says what a status other than 200, with its body, means and what to do; always false. */
	bool (*read_error)(const struct provider *provider, int status, struct str body, struct error *err);

	/* When such a body says for how long to wait: true, with the milliseconds.  NULL: its vendor uses headers. */
	bool (*read_delay)(struct str body, unsigned *ms);

	/* The status that such a body stands for, whatever it came with.  NULL: the one it came with. */
	int (*read_status)(int status, struct str body);
};

extern const struct dialect dialect_claude, dialect_openai, dialect_responses, dialect_gemini;
