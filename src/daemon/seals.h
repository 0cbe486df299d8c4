/*
 * Seals (chat/chat.h) for clients that do not send them back.
 *
 * What a vendor sealed in an answer that called tools is kept in memory for a while,
 * found by the calls' ids, and put back into the conversation when it comes with their
 * results: without its thoughts Claude refuses to go on, and Gemini without a call's
 * signature.  Bounded: the least recently used are forgotten first.  Some servers give every
 * conversation the same ids, so what was thought about one question never gets into the answer to another.
 *
 * Any thread; one lock, held for the time of a lookup.  Times are clock_ns()'s.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "chat/chat.h"
#include "chat/delta.h"

#define SEALS_BYTES ((size_t)16 << 20)                   /* in all */
#define SEALS_KEEP_NS ((uint64_t)12 * 3600 * 1000000000) /* since it was last asked for */

struct seals;

struct seals *seals_create(size_t max_bytes, uint64_t keep_ns);
void seals_destroy(struct seals *s);

/* What one answer has sealed so far; the caller's, and only ever used by the thread that passes on its deltas. */
struct seal_notes {
	struct chat chat;          /* holds one message: the answer */
	struct buf unsealed;       /* what was thought since the last seal */
	size_t written;            /* bytes of text */
	bool full;                 /* it is too large to be kept */
	uint64_t question;         /* a digest of what was asked (seals_question()) */
};

#define SEAL_NOTES_MAX ((size_t)2 << 20)
#define SEAL_NOTES_INIT { .chat = CHAT_INIT(SEAL_NOTES_MAX), .unsealed = BUF_INIT(SEAL_NOTES_MAX) }

void seal_notes_done(struct seal_notes *n);
#define own_seal_notes owns(seal_notes_done) struct seal_notes

/* A digest of the user's last message among the first `count`; 0: there is none. */
uint64_t seals_question(const struct chat *c, size_t count);

/* Takes note of a delta; DELTA_END keeps what was sealed, if there were calls.  Only the first choice counts. */
void seals_note(struct seals *s, struct seal_notes *n, const struct delta *d, uint64_t now_ns);

/*
 * Puts back what is missing in a conversation: thoughts into messages with calls that have none, seals
 * into calls without.  ERROR_TOO_LARGE past the chat's ceiling.
 */
bool seals_restore(struct seals *s, struct chat *c, uint64_t now_ns, struct error *err) must_use;
