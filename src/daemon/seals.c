/*
 * An answer is kept as a chat of its own, with one message; a list has them in the
 * order of their last use, and buckets find them by the id of the first call.
 */
#include "daemon/seals.h"

#include <pthread.h>

#include "base/mem.h"

#define BUCKETS 1024

struct kept {
	struct kept *newer, *older;
	struct kept *next;         /* in its bucket */
	struct chat chat;
	uint64_t question;
	uint64_t used_ns;
};

struct seals {
	pthread_mutex_t lock;      /* guards all below */
	struct kept *newest, *oldest;
	struct kept *buckets[BUCKETS];
	size_t bytes, max_bytes;
	uint64_t keep_ns;
};

struct seals *seals_create(size_t max_bytes, uint64_t keep_ns)
{
	struct seals *s = mem_zeroed(1, sizeof *s);

	pthread_mutex_init(&s->lock, NULL);
	s->max_bytes = max_bytes;
	s->keep_ns = keep_ns;
	return s;
}

static const struct message *answer_of(const struct kept *k) { return &k->chat.messages[0]; }

static size_t size_of(const struct kept *k) { return sizeof *k + arena_held(&k->chat.arena); }

/* FNV-1a */
static uint64_t digest(struct str text)
{
	uint64_t digest = 0xcbf29ce484222325u;

	for (size_t i = 0; i < text.n; i++)
		digest = (digest ^ (unsigned char)text.p[i]) * 0x100000001b3u;
	return digest;
}

uint64_t seals_question(const struct chat *c, size_t count)
{
	while (count && c->messages[count - 1].role != ROLE_USER)
		count--;
	return count ? digest(c->messages[count - 1].text) : 0;
}

static struct kept **bucket_of(struct seals *s, const struct message *m)
{
	return &s->buckets[digest(m->calls[0].id) % BUCKETS];
}

/* ---- the list, under the lock ---- */

static void unlink_kept(struct seals *s, struct kept *k)
{
	*(k->newer ? &k->newer->older : &s->newest) = k->older;
	*(k->older ? &k->older->newer : &s->oldest) = k->newer;
}

static void make_newest(struct seals *s, struct kept *k, uint64_t now_ns)
{
	k->newer = NULL;
	k->older = s->newest;
	*(k->older ? &k->older->newer : &s->oldest) = k;
	s->newest = k;
	k->used_ns = now_ns;
}

static void forget(struct seals *s, struct kept *k)
{
	struct kept **at = bucket_of(s, answer_of(k));

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	unlink_kept(s, k);
	s->bytes -= size_of(k);
	chat_done(&k->chat);
	free(k);
}

/* What is too old, and the oldest of what is too much. */
static void forget_old(struct seals *s, uint64_t now_ns)
{
	while (s->oldest && (s->bytes > s->max_bytes || s->oldest->used_ns + s->keep_ns < now_ns))
		forget(s, s->oldest);
}

/* The same calls, in the same order. */
static bool same_calls(const struct message *a, const struct message *b)
{
	bool same = a->call_count == b->call_count;

	for (size_t i = 0; same && i < a->call_count; i++)
		same = str_equal(a->calls[i].id, b->calls[i].id) && str_equal(a->calls[i].name, b->calls[i].name);
	return same;
}

static struct kept *find(struct seals *s, const struct message *m, uint64_t question)
{
	struct kept *k = *bucket_of(s, m);

	while (k && (k->question != question || !same_calls(answer_of(k), m)))
		k = k->next;
	return k;
}

void seals_destroy(struct seals *s)
{
	if (!s)
		return;
	while (s->oldest)
		forget(s, s->oldest);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* ---- an answer under way ---- */

void seal_notes_done(struct seal_notes *n)
{
	chat_done(&n->chat);
	buf_done(&n->unsealed);
}

static bool note_thought(struct seal_notes *n, struct message *m, const struct delta *d, struct error *err)
{
	struct thought thought = { .text = buf_str(&n->unsealed), .id = d->id, .seal = { d->vendor, d->text },
		.redacted = d->redacted, .after_text = n->written, .after_calls = m->call_count };

	if (d->redacted)
		thought.text = (struct str)STR("");
	bool ok = d->text.n == 0 || chat_add_thought(&n->chat, m, &thought, err);
	if (!d->redacted)
		buf_clear(&n->unsealed);
	return ok;
}

static bool note_seal(struct seal_notes *n, struct message *m, const struct delta *d, struct error *err)
{
	if (d->call == DELTA_NO_CALL)
		return note_thought(n, m, d, err);
	return d->call >= m->call_count ||
		chat_seal_call(&n->chat, &m->calls[d->call], (struct seal){ d->vendor, d->text }, err);
}

static bool note(struct seal_notes *n, struct message *m, const struct delta *d, struct error *err)
{
	switch (d->kind) {
	case DELTA_TEXT:
		n->written += d->text.n;
		return true;
	case DELTA_THOUGHT:
		return buf_add_str(&n->unsealed, d->text, err);
	case DELTA_CALL:
		return chat_add_call(&n->chat, m, &(struct tool_call){ .id = d->id, .name = d->name }, err);
	case DELTA_SEAL:
		return note_seal(n, m, d, err);
	default:
		return true;
	}
}

static bool worth_keeping(const struct message *m)
{
	bool sealed = m->sealed_count > 0;

	for (size_t i = 0; i < m->call_count; i++)
		sealed |= m->calls[i].seal.text.n > 0;
	return sealed && m->call_count > 0;
}

static void keep(struct seals *s, struct seal_notes *n, uint64_t now_ns)
{
	struct kept *k = mem_zeroed(1, sizeof *k), *before;

	k->chat = n->chat;
	k->question = n->question;
	n->chat = (struct chat)CHAT_INIT(SEAL_NOTES_MAX);
	pthread_mutex_lock(&s->lock);
	before = find(s, answer_of(k), k->question);
	if (before)
		forget(s, before);
	struct kept **bucket = bucket_of(s, answer_of(k));
	k->next = *bucket;
	*bucket = k;
	make_newest(s, k, now_ns);
	s->bytes += size_of(k);
	forget_old(s, now_ns);
	pthread_mutex_unlock(&s->lock);
}

void seals_note(struct seals *s, struct seal_notes *n, const struct delta *d, uint64_t now_ns)
{
	struct error err = {0};

	if (d->choice != 0 || n->full)
		return;
	if (!n->chat.message_count && !chat_add(&n->chat, ROLE_ASSISTANT, (struct str)STR(""), &err))
		return;
	struct message *m = &n->chat.messages[0];
	n->full = !note(n, m, d, &err);
	if (d->kind == DELTA_END && worth_keeping(m))
		keep(s, n, now_ns);
}

/* ---- a conversation ---- */

static bool complete(struct chat *c, struct message *m, const struct message *kept, struct error *err)
{
	bool ok = true;

	for (size_t i = 0; ok && i < m->call_count; i++)
		if (!m->calls[i].seal.text.n && kept->calls[i].seal.text.n)
			ok = chat_seal_call(c, &m->calls[i], kept->calls[i].seal, err);
	if (m->sealed_count)
		return ok;
	for (size_t i = 0; ok && i < kept->sealed_count; i++)
		ok = chat_add_thought(c, m, &kept->sealed[i], err);
	return ok;
}

bool seals_restore(struct seals *s, struct chat *c, uint64_t now_ns, struct error *err)
{
	bool ok = true;

	pthread_mutex_lock(&s->lock);
	forget_old(s, now_ns);
	for (size_t i = 0; ok && i < c->message_count; i++) {
		struct message *m = &c->messages[i];
		struct kept *k = m->call_count ? find(s, m, seals_question(c, i)) : NULL;
		if (!k)
			continue;
		unlink_kept(s, k);
		make_newest(s, k, now_ns);
		ok = complete(c, m, answer_of(k), err);
	}
	pthread_mutex_unlock(&s->lock);
	return ok;
}
