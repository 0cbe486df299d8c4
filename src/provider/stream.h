/*
 * One answer of a provider, read from its bytes: server-sent events, which the
 * provider's dialect turns into deltas.  One thread.
 */
#pragma once

#include "chat/delta.h"

struct dialect;
struct provider;
struct provider_stream;
struct tool_names;

/* In the provider's own dialect, or in that of one of its models. */
struct provider_stream *provider_stream_create(const struct provider *provider, delta_fn *on_delta, void *user);
struct provider_stream *provider_stream_create_in(
	const struct provider *provider, const struct dialect *dialect, delta_fn *on_delta, void *user);
void provider_stream_destroy(struct provider_stream *s);
static inline void provider_stream_release(struct provider_stream **s) { provider_stream_destroy(*s); }
#define own_provider_stream owns(provider_stream_release) struct provider_stream

/* Before the first bytes: calls are passed on under the client's names for its tools.  Borrowed; NULL: as they come. */
void provider_stream_rename(struct provider_stream *s, const struct tool_names *names);

/*
 * Before the first bytes: they are one JSON body, and nothing is passed on before their
 * end.  False where the dialect cannot read that.
 */
bool provider_stream_expect_whole(struct provider_stream *s) must_use;

/*
 * Takes the next bytes, cut anywhere.  False when on_delta refused a delta (with
 * its error), the provider reported one, or what came cannot be read
 * (ERROR_UNAVAILABLE, ERROR_TOO_LARGE); the stream must not be fed again.
 */
bool provider_stream_feed(struct provider_stream *s, struct str bytes, struct error *err) must_use;

/* To be asked at the end of the bytes: false (ERROR_UNAVAILABLE, or on_delta's) unless the answer has ended. */
bool provider_stream_close(struct provider_stream *s, struct error *err) must_use;

/* DELTA_END has been passed on; whatever follows is passed over. */
bool provider_stream_ended(const struct provider_stream *s);

/* Some delta has been passed on, so the question must not be asked again. */
bool provider_stream_spoken(const struct provider_stream *s);

/* on_delta refused one. */
bool provider_stream_refused(const struct provider_stream *s);

/* Puts before an error that the answer was cut and where. */
bool provider_stream_cut(const struct provider_stream *s, struct error *err);

/* For dialects: whom they read, their state_size bytes, and the way out for deltas. */
const struct provider *provider_stream_provider(const struct provider_stream *s);
void *provider_stream_state(struct provider_stream *s);
bool provider_emit(struct provider_stream *s, const struct delta *delta, struct error *err) must_use;
