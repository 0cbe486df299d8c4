/*
 * Text goes through stages, each a cut: added tokens in the raw text,
 * normalisation, added tokens in the normalised text, the splits one inside the
 * other, and at the end words.  Most words have been seen before, and their
 * tokens lie in a table of one entry per place; a new word takes the place of an
 * old one.  Nothing is allocated per word.
 */
#include "text/encoder.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "text/digest.h"
#include "text/nfc.h"
#include "text/tokenizer.h"

#define CACHE_SLOTS 16384u
#define WORD_MAX    18
#define IDS_MAX     10
#define KEEP        (256u << 10)     /* bytes of normalised text kept for the next call */

struct cached_word {                 /* one cache line */
	uint32_t tag;
	uint8_t len, count;
	char word[WORD_MAX];
	int32_t ids[IDS_MAX];
};

struct encoder {
	struct cached_word cache[CACHE_SLOTS];
	struct bpe bpe;
	struct regex_scratch regex;
	struct buf normal;           /* the piece at hand, normalised or with its prefix */
	const struct encoder_rules *rules;   /* of the run at hand, and so below */
	struct tokens *out;
	bool control;
};

struct encoder *encoder_create(void)
{
	struct encoder *e = mem_zeroed(1, sizeof *e);

	e->normal = (struct buf)BUF_INIT(TOKENIZER_TEXT_MAX * 4u);
	return e;
}

void encoder_destroy(struct encoder *e)
{
	if (!e)
		return;
	bpe_done(&e->bpe);
	regex_scratch_done(&e->regex);
	buf_done(&e->normal);
	free(e);
}

static bool merge_word(struct encoder *e, struct str word, struct error *err)
{
	const struct vocab *v = &e->rules->vocab;
	int32_t id = v->head->flags & VOCAB_IGNORE_MERGES ? vocab_word(v, word) : -1;

	if (id >= 0 && !(v->tokens[id].flags & TOKEN_CONTROL))
		return tokens_add(e->out, &id, 1, err);
	return bpe_encode(&e->bpe, v, word, e->out, err);
}

static bool add_word(struct encoder *e, struct str word, struct error *err)
{
	if (word.n > WORD_MAX)
		return merge_word(e, word, err);

	uint64_t digest = digest_short(word.p, word.n);
	struct cached_word *c = &e->cache[digest % CACHE_SLOTS];
	uint32_t tag = (uint32_t)(digest >> 32);
	if (c->tag == tag && c->len == word.n && memcmp(c->word, word.p, word.n) == 0)
		return tokens_add(e->out, c->ids, c->count, err);

	size_t before = e->out->count;
	if (!merge_word(e, word, err))
		return false;
	size_t count = e->out->count - before;
	if (count <= IDS_MAX) {
		c->tag = tag;
		c->len = (uint8_t)word.n;
		c->count = (uint8_t)count;
		memcpy(c->word, word.p, word.n);
		memcpy(c->ids, e->out->ids + before, count * sizeof *c->ids);
	}
	return true;
}

/* One stage's words are the next one's text. */
struct stage {
	struct encoder *e;
	size_t number;
};

static bool run_stage(void *user, struct str text, struct error *err)
{
	const struct stage *s = user;
	struct stage next = { s->e, s->number + 1 };

	if (s->number == s->e->rules->split_count)
		return add_word(s->e, text, err);
	return split_run(&s->e->rules->splits[s->number], &s->e->regex, text, run_stage, &next, err);
}

typedef bool piece_fn(struct encoder *e, struct str piece, struct error *err);

/* Calls on_piece for the text between added tokens, and adds those. */
static bool cut_at_added(
	struct encoder *e, const struct added_finder *f, struct str text, piece_fn *on_piece, struct error *err)
{
	struct added_match match;
	size_t done = 0, at = 0;

	while (f->count && added_find(f, text, done, &at, &match)) {
		struct str piece = { text.p + done, match.start - done };
		if ((piece.n && !on_piece(e, piece, err)) || !tokens_add(e->out, &match.id, 1, err))
			return false;
		done = match.end;
	}
	return done == text.n || on_piece(e, str_from(text, done), err);
}

static bool add_piece(struct encoder *e, struct str piece, struct error *err)
{
	struct stage first = { e, 0 };
	own_buf prefixed = BUF_INIT(TOKENIZER_TEXT_MAX * 4u);

	if ((e->rules->vocab.head->flags & VOCAB_PREFIX_SPACE) && piece.p[0] != ' ') {
		if (!buf_adds(&prefixed, " ", err) || !buf_add_str(&prefixed, piece, err))
			return false;
		piece = buf_str(&prefixed);
	}
	return run_stage(&first, piece, err);
}

static bool normalise_piece(struct encoder *e, struct str piece, struct error *err)
{
	if ((e->rules->vocab.head->flags & VOCAB_NFC) && !nfc_is(piece)) {
		buf_clear(&e->normal);
		if (!nfc_add(&e->normal, piece, err))
			return false;
		piece = buf_str(&e->normal);
	}
	return cut_at_added(e, &e->rules->normalized[e->control], piece, add_piece, err);
}

bool encoder_run(struct encoder *e, const struct encoder_rules *rules, struct str text, bool control,
	struct tokens *out, struct error *err)
{
	size_t before = out->count;

	e->rules = rules;
	e->control = control;
	e->out = out;
	bool ok = cut_at_added(e, &rules->raw[control], text, normalise_piece, err);
	if (!ok)
		out->count = before;
	if (e->normal.cap > KEEP)
		buf_done(&e->normal), e->normal = (struct buf)BUF_INIT(TOKENIZER_TEXT_MAX * 4u);
	return ok;
}
