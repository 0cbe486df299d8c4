/*
 * Text goes through stages, each a cut: added tokens in the raw text,
 * normalisation, added tokens in the normalised text, the splits one inside the
 * other, and at the end words.  SentencePiece's have no splits; where no merge
 * reaches from one character to the next (vocab_joined) they are cut all the same,
 * for words of ordinary length are fast and can be remembered.  Most words have been seen before, and their
 * tokens lie in a table of one entry per place; a new word takes the place of an
 * old one.  Nothing is allocated per word.
 */
#include "text/encoder.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "text/digest.h"
#include "text/normalize.h"
#include "text/spelling.h"
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
	const struct encoder_run *run;
	struct tokens *out;
	bool begins;                 /* the piece at hand is the text's first, */
	const char *beginning;       /* and begins here, normalised */
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

/* A word that is a token as a whole, where such are not merged; -1: none. */
static int32_t whole_word(const struct vocab *v, struct str word)
{
	int32_t id = v->head->flags & VOCAB_IGNORE_MERGES ? vocab_word(v, word) : -1;

	return id >= 0 && !(v->tokens[id].flags & TOKEN_CONTROL) ? id : -1;
}

static bool merge_word(struct encoder *e, struct str word, struct error *err)
{
	const struct vocab *v = &e->rules->vocab;
	int32_t id = v->head->flags & VOCAB_CHARACTERS ? -1 : whole_word(v, word);

	return id >= 0 ? tokens_add(e->out, &id, 1, err) : bpe_encode(&e->bpe, v, word, e->out, err);
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

/* A word of SentencePiece's, however long: in parts between which nothing merges. */
static bool add_parts(struct encoder *e, struct str word, struct error *err)
{
	const struct vocab *v = &e->rules->vocab;
	int32_t id = whole_word(v, word);
	size_t from = 0;

	if (id >= 0)
		return tokens_add(e->out, &id, 1, err);
	for (size_t at = 1; at <= word.n; at++) {
		if (at < word.n && vocab_joined(v, word.p[at - 1], word.p[at]))
			continue;
		if (!add_word(e, (struct str){ word.p + from, at - from }, err))
			return false;
		from = at;
	}
	return true;
}

/* Without cuts at spaces all of the piece is a word. */
static bool add_characters(struct encoder *e, struct str piece, struct error *err)
{
	bool cut = e->rules->vocab.head->flags & VOCAB_CUT_SPACES;

	for (size_t from = 0, end; from < piece.n; from = end) {
		const char *space = cut ? memchr(piece.p + from + 1, ' ', piece.n - from - 1) : NULL;
		end = space ? (size_t)(space - piece.p) : piece.n;
		if (!add_parts(e, (struct str){ piece.p + from, end - from }, err))
			return false;
	}
	return true;
}

typedef bool piece_fn(struct encoder *e, struct str piece, struct error *err);

/* Calls on_piece for the text between added tokens, and adds those. */
static bool cut_at_added(
	struct encoder *e, const struct added_finder *f, struct str text, piece_fn *on_piece, struct error *err)
{
	struct added_match match;
	size_t done = 0, at = 0;

	while (f->count && added_find(f, text, done, &at, &match)) {
		struct str piece = { text.p + done, match.start > done ? match.start - done : 0 };
		if ((piece.n && !on_piece(e, piece, err)) || !tokens_add(e->out, &match.id, 1, err))
			return false;
		done = match.end;
	}
	return done >= text.n || on_piece(e, str_from(text, done), err);
}

/* Whether a space is put before a piece that does not begin with one. */
static bool wants_prefix(const struct encoder *e, struct str piece)
{
	uint32_t flags = e->rules->vocab.head->flags;
	bool first = e->begins && piece.p == e->beginning, has = piece.p[0] == ' ' ||
		((flags & VOCAB_LATE_SPACES) && spelling_begins_with_space(piece));

	return e->run->prefix != PREFIX_NEVER && !has &&
		((flags & VOCAB_PREFIX_SPACE) ||
		((flags & VOCAB_PREFIX_FIRST) && e->run->prefix == PREFIX_BEGINNING && first));
}

static bool add_piece(struct encoder *e, struct str piece, struct error *err)
{
	struct stage first = { e, 0 };
	own_buf prefixed = BUF_INIT(TOKENIZER_TEXT_MAX * 4u);

	uint32_t flags = e->rules->vocab.head->flags;
	bool prefix = wants_prefix(e, piece), late = (flags & VOCAB_LATE_SPACES) && spelling_has_space(piece);
	if (prefix || late) {
		if (!buf_adds(&prefixed, prefix ? " " : "", err) || !buf_add_str(&prefixed, piece, err))
			return false;
		piece = buf_str(&prefixed);
	}
	if (late)
		piece.n = spelling_spaces(piece, prefixed.data);
	if (flags & VOCAB_CHARACTERS)
		return add_characters(e, piece, err);
	return run_stage(&first, piece, err);
}

static bool normalise_piece(struct encoder *e, struct str piece, struct error *err)
{
	uint32_t flags = e->rules->vocab.head->flags;

	e->begins = piece.p == e->run->text.p;
	if (!normalize_keeps(flags, piece)) {
		buf_clear(&e->normal);
		if (!normalize_add(flags, e->run->prefix != PREFIX_NEVER, piece, &e->normal, err))
			return false;
		piece = buf_str(&e->normal);
	}
	e->beginning = piece.p;
	return cut_at_added(e, &e->rules->normalized[e->run->control], piece, add_piece, err);
}

bool encoder_run(struct encoder *e, const struct encoder_rules *rules, const struct encoder_run *run,
	struct tokens *out, struct error *err)
{
	size_t before = out->count;

	e->rules = rules;
	e->run = run;
	e->out = out;
	bool ok = cut_at_added(e, &rules->raw[run->control], run->text, normalise_piece, err);
	if (!ok)
		out->count = before;
	if (e->normal.cap > KEEP)
		buf_done(&e->normal), e->normal = (struct buf)BUF_INIT(TOKENIZER_TEXT_MAX * 4u);
	return ok;
}
