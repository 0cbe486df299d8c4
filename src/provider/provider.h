/*
 * A provider turns our request into one vendor's HTTP body, and that vendor's
 * stream back into our deltas.  It is a pure translator: no I/O, no clock, no
 * state but the stream's own; it is tested with strings.  provider/ask.h does
 * the talking.
 *
 * Of the wishes in a request, those that the vendor has no word for are dropped.
 *
 * To add one: write provider/NAME.c, add it to the table in provider.c.
 */
#pragma once

#include "base/buf.h"
#include "chat/request.h"
#include "net/http.h"
#include "net/sse.h"
#include "provider/stream.h"

/* A short name that the vendor's own tools take for a model. */
struct provider_alias {
	const char *name, *model;
};

struct provider {
	const char *name;            /* as written in the configuration */
	const char *display_name;    /* for people */
	const char *default_model;
	const struct provider_alias *aliases;    /* ended by a NULL name */
	const char *default_base_url;
	const char *key_variable;    /* environment variable with the API key, as the vendor's own tools read it */
	const char *key_header;      /* the header that carries the key */
	const char *path;            /* after the base URL */
	const struct http_header *headers;   /* what every request carries besides; ended by a NULL name */
	const char *const *refusable;        /* wishes that some of its models refuse by name; ended by NULL */
	size_t state_size;           /* what a stream keeps for read_event, zeroed at its beginning */

	/* Appends the body of a streaming request; `plain` leaves the refusable wishes out. */
	bool (*write_body)(
		const struct request *request, const char *model, bool plain, struct buf *body, struct error *err);

	/* Reads one event and emits what it says (provider_emit); events it does not know are passed over. */
	bool (*read_event)(struct provider_stream *stream, const struct sse_event *event, struct error *err);

	/* Says what a status other than 200, with its body, means and what to do; always false. */
	bool (*read_error)(int status, struct str body, struct error *err);
};

extern const struct provider *const providers[];   /* in the order the fallback chain tries them */
extern const size_t provider_count;

const struct provider *provider_find(const char *name);

/* The model meant by a name: the default for NULL, an alias's model, else the name itself. */
const char *provider_model(const struct provider *p, const char *name);
