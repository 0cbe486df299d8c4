#include "nearest.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "route/lexicon.h"

enum { TERMS = 1 << 16, TERMS_MAX = 2 * QUESTION_WORDS_MAX };

struct vector {
	uint32_t terms[TERMS_MAX];     /* hashes below TERMS */
	float at[TERMS_MAX];
	size_t count;
};

struct nearest {
	const struct wording **wordings;
	struct vector *vectors;
	size_t count;
	float rarity[TERMS];
};

static void add_term(struct vector *v, uint32_t hash)
{
	uint32_t term = hash % TERMS;

	for (size_t i = 0; i < v->count; i++) {
		if (v->terms[i] == term) {
			v->at[i] += 1;
			return;
		}
	}
	v->terms[v->count] = term;
	v->at[v->count++] = 1;
}

static bool read_terms(struct str text, struct vector *v)
{
	struct words words;

	v->count = 0;
	if (!words_read(text, &words))
		return false;
	for (size_t i = 0; i < words.count; i++) {
		add_term(v, phrase_hash(&words.at[i], 1));
		if (i + 1 < words.count)
			add_term(v, phrase_hash(&words.at[i], 2));
	}
	return true;
}

static void weigh(const struct nearest *n, struct vector *v)
{
	float square = 0;

	for (size_t i = 0; i < v->count; i++) {
		v->at[i] *= n->rarity[v->terms[i]];
		square += v->at[i] * v->at[i];
	}
	for (size_t i = 0; i < v->count && square > 0; i++)
		v->at[i] /= sqrtf(square);
}

struct nearest *nearest_create(const struct wording *wordings, size_t count)
{
	struct nearest *n = mem_zeroed(1, sizeof *n);

	n->wordings = mem_zeroed(count, sizeof *n->wordings);
	n->vectors = mem_zeroed(count, sizeof *n->vectors);
	for (size_t i = 0; i < count; i++) {
		struct vector *v = &n->vectors[n->count];
		if (wordings[i].origin == FROM_TEXT || !read_terms(wordings[i].text, v))
			continue;
		n->wordings[n->count++] = &wordings[i];
		for (size_t j = 0; j < v->count; j++)
			n->rarity[v->terms[j]]++;
	}
	for (size_t i = 0; i < TERMS; i++)
		n->rarity[i] = logf((float)(n->count + 1) / (n->rarity[i] + 1));
	for (size_t i = 0; i < n->count; i++)
		weigh(n, &n->vectors[i]);
	return n;
}

void nearest_destroy(struct nearest *n)
{
	free(n->wordings);
	free(n->vectors);
	free(n);
}

static float search(const struct nearest *n, const struct vector *v, size_t *found)
{
	static float dense[TERMS];
	float best = -1;

	for (size_t i = 0; i < v->count; i++)
		dense[v->terms[i]] = v->at[i];
	for (size_t i = 0; i < n->count; i++) {
		float cosine = 0;
		for (size_t j = 0; j < n->vectors[i].count; j++)
			cosine += n->vectors[i].at[j] * dense[n->vectors[i].terms[j]];
		if (cosine > best) {
			best = cosine;
			*found = i;
		}
	}
	for (size_t i = 0; i < v->count; i++)
		dense[v->terms[i]] = 0;
	return best;
}

size_t nearest_find(const struct nearest *n, struct str question, float *similarity)
{
	struct vector v;
	size_t found = 0;

	*similarity = 0;
	if (!read_terms(question, &v))
		return CORPUS_NONE;
	weigh(n, &v);
	*similarity = search(n, &v, &found);
	return n->wordings[found]->answer;
}
