#include "text/tokenizer.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "text/encoder.h"
#include "text/vocab_build.h"
#include "text/vocab_cache.h"

#define IDLE_MAX 4u   /* encoders kept for the next calls */

struct tokenizer {
	struct encoder_rules rules;
	struct vocab_memory memory;
	struct encoder_pool *pool;
};

/* The one thing that changes after opening. */
struct encoder_pool {
	pthread_mutex_t lock;           /* guards the rest */
	struct encoder *idle[IDLE_MAX];
	size_t count;
};

static struct encoder *borrow(struct encoder_pool *pool)
{
	struct encoder *e = NULL;

	pthread_mutex_lock(&pool->lock);
	if (pool->count)
		e = pool->idle[--pool->count];
	pthread_mutex_unlock(&pool->lock);
	return e ? e : encoder_create();
}

static void give_back(struct encoder_pool *pool, struct encoder *e)
{
	pthread_mutex_lock(&pool->lock);
	if (pool->count < IDLE_MAX)
		pool->idle[pool->count++] = take(e);
	pthread_mutex_unlock(&pool->lock);
	encoder_destroy(e);
}

static struct encoder_pool *pool_create(void)
{
	struct encoder_pool *pool = mem_zeroed(1, sizeof *pool);

	pthread_mutex_init(&pool->lock, NULL);
	return pool;
}

static void pool_destroy(struct encoder_pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		encoder_destroy(pool->idle[i]);
	pthread_mutex_destroy(&pool->lock);
	free(pool);
}

static bool prepare(struct encoder_rules *r, struct error *err)
{
	const struct vocab *v = &r->vocab;

	for (int control = 0; control < 2; control++) {
		added_finder_init(&r->raw[control], v, false, control);
		added_finder_init(&r->normalized[control], v, true, control);
	}
	for (; r->split_count < v->head->split_count; r->split_count++) {
		const struct vocab_split *s = &v->splits[r->split_count];
		struct str pattern = vocab_text(v, s->start, s->len);
		if (!split_init(&r->splits[r->split_count], pattern, (enum split_gaps)s->gaps, err))
			return error_prefix(err, "tokenizer.json");
	}
	return true;
}

struct tokenizer *tokenizer_open(const char *directory, const char *cache_directory, struct error *err)
{
	own_mem char *path = path_join(directory, "tokenizer.json");
	own_tokenizer *t = mem_zeroed(1, sizeof *t);

	t->pool = pool_create();
	if (!vocab_load(&t->rules.vocab, &t->memory, path, cache_directory, err) || !prepare(&t->rules, err))
		return NULL;
	return take(t);
}

struct tokenizer *tokenizer_parse(struct str json, struct error *err)
{
	own_tokenizer *t = mem_zeroed(1, sizeof *t);

	t->pool = pool_create();
	struct vocab_head *head = t->memory.built = vocab_build(json, err);
	if (!head || !vocab_view(&t->rules.vocab, head, head->size, err) || !prepare(&t->rules, err))
		return NULL;
	return take(t);
}

void tokenizer_destroy(struct tokenizer *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < t->rules.split_count; i++)
		split_done(&t->rules.splits[i]);
	pool_destroy(t->pool);
	vocab_memory_done(&t->memory);
	free(t);
}

size_t tokenizer_size(const struct tokenizer *t)
{
	return t->rules.vocab.head->id_count;
}

int32_t tokenizer_find(const struct tokenizer *t, struct str content)
{
	const struct vocab_added *added = vocab_added(&t->rules.vocab, content);

	int32_t id = added ? added->id : vocab_word(&t->rules.vocab, content);
	return id < 0 && content.n == 1 ? t->rules.vocab.head->byte_ids[(unsigned char)content.p[0]] : id;
}

static const struct vocab_token *token(const struct tokenizer *t, int32_t id)
{
	static const struct vocab_token none;

	return id >= 0 && (size_t)id < tokenizer_size(t) ? &t->rules.vocab.tokens[id] : &none;
}

struct str tokenizer_bytes(const struct tokenizer *t, int32_t id)
{
	const struct vocab_token *found = token(t, id);

	return found->flags & TOKEN_USED ? vocab_text(&t->rules.vocab, found->start, found->len) : (struct str){0};
}

size_t tokenizer_dropped_first(const struct tokenizer *t, int32_t id)
{
	struct str bytes = tokenizer_bytes(t, id);
	uint32_t flags = t->rules.vocab.head->flags;
	size_t most = flags & VOCAB_STRIP_SPACES ? bytes.n : flags & VOCAB_STRIP_SPACE ? 1 : 0, n = 0;

	while (n < most && n < bytes.n && bytes.p[n] == ' ')
		n++;
	return n;
}

bool tokenizer_is_special(const struct tokenizer *t, int32_t id)
{
	return token(t, id)->flags & TOKEN_SPECIAL;
}

bool tokenizer_is_control(const struct tokenizer *t, int32_t id)
{
	return token(t, id)->flags & TOKEN_CONTROL;
}

bool tokenizer_control(const struct tokenizer *t, struct str content, struct token_control *control)
{
	const struct vocab_added *added = vocab_added(&t->rules.vocab, content);

	if (!added)
		return false;
	*control = (struct token_control){
		.id = added->id,
		.strips_left = added->flags & TOKEN_LSTRIP,
		.strips_right = added->flags & TOKEN_RSTRIP,
	};
	return true;
}

bool tokenizer_encode(
	const struct tokenizer *t, struct str text, enum token_mode mode, struct tokens *out, struct error *err)
{
	if (text.n > TOKENIZER_TEXT_MAX)
		return error_set(err, ERROR_TOO_LARGE, "a text of %zu bytes is too long to be encoded", text.n);
	if (!utf8_valid(text.p, text.n))
		return error_set(err, ERROR_INVALID, "the text is not UTF-8");
	struct encoder_run run = { text, mode == TOKENS_PARSED, mode == TOKENS_BEHIND ? PREFIX_BEHIND_CONTROL :
		mode == TOKENS_INSIDE ? PREFIX_NEVER : PREFIX_BEGINNING };
	struct encoder *e = borrow(t->pool);
	bool ok = encoder_run(e, &t->rules, &run, out, err);
	give_back(t->pool, e);
	return ok;
}
